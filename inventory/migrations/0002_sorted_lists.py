from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0001_initial'),
        ('masterdata', '0002_sorted_lists'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['expiry'], name='inventory_lot_expiry'),
        ),
        migrations.AddIndex(
            model_name='stockbalance',
            index=models.Index(condition=models.Q(('quantity__gt', 0)), fields=['quantity', 'id'], name='inventory_on_hand_most'),
        ),
    ]
