from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('masterdata', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(fields=['valid_to', 'id'], name='masterdata_contract_by_end'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['description', 'id'], name='masterdata_item_by_name'),
        ),
        migrations.AddIndex(
            model_name='supplier',
            index=models.Index(fields=['name', 'id'], name='masterdata_supplier_by_name'),
        ),
    ]
