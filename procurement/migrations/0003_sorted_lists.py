from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('masterdata', '0001_initial'),
        ('procurement', '0002_order_life'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='exceptioncase',
            index=models.Index(condition=models.Q(('state', 'resolved'), _negated=True), fields=['amount', 'id'], name='procurement_case_by_amount'),
        ),
        migrations.AddIndex(
            model_name='exceptioncase',
            index=models.Index(condition=models.Q(('state', 'resolved'), _negated=True), fields=['due_at', 'id'], name='procurement_case_by_due'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['due_date', 'id'], name='procurement_inv_by_due'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['total', 'id'], name='procurement_inv_by_total'),
        ),
        migrations.AddIndex(
            model_name='purchaseorder',
            index=models.Index(fields=['expected_on', 'id'], name='procurement_po_by_expected'),
        ),
        migrations.AddIndex(
            model_name='purchaseorder',
            index=models.Index(fields=['total', 'id'], name='procurement_po_by_total'),
        ),
        migrations.AddIndex(
            model_name='purchaseorder',
            index=models.Index(fields=['issued_at', 'id'], name='procurement_po_by_issued'),
        ),
        migrations.AddIndex(
            model_name='requisition',
            index=models.Index(fields=['needed_by', 'id'], name='procurement_req_by_needed'),
        ),
        migrations.AddIndex(
            model_name='requisition',
            index=models.Index(fields=['total', 'id'], name='procurement_req_by_total'),
        ),
        migrations.AddIndex(
            model_name='requisition',
            index=models.Index(fields=['submitted_at', 'id'], name='procurement_req_by_submitted'),
        ),
    ]
