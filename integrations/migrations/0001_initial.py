import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from core.together import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('masterdata', '0001_initial'),
    ]

    operations = [
        Together(operations=[
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('erp', 'ERP'), ('supplier', 'Supplier')], max_length=10)),
                ('adapter', models.CharField(help_text='Name of the ERP adapter or transport.', max_length=40)),
                ('config', models.JSONField(blank=True, default=dict)),
                ('duplicates', models.CharField(choices=[('server_unique', 'The remote keeps our reference unique'), ('lookup', 'Ask for our reference after a quiet period'), ('manual', 'A person decides')], max_length=14)),
                ('quiet_seconds', models.PositiveIntegerField(default=30)),
                ('paused', models.BooleanField(default=False)),
                ('pause_reason', models.CharField(blank=True, max_length=200)),
                ('consecutive_failures', models.PositiveIntegerField(default=0)),
                ('circuit_open_until', models.DateTimeField(blank=True, null=True)),
                ('last_success_at', models.DateTimeField(blank=True, null=True)),
                ('cursor', models.CharField(blank=True, help_text='Position of the last pull (payment status).', max_length=80)),
            ],
            options={
                'ordering': ['kind', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('our_qualifier', models.CharField(default='ZZ', max_length=2)),
                ('our_id', models.CharField(max_length=15)),
                ('qualifier', models.CharField(default='ZZ', max_length=2)),
                ('identifier', models.CharField(max_length=15)),
                ('version', models.CharField(default='004010', max_length=6)),
                ('element_separator', models.CharField(default='*', max_length=1)),
                ('component_separator', models.CharField(default='>', max_length=1)),
                ('segment_terminator', models.CharField(default='~', max_length=1)),
                ('test', models.BooleanField(default=False)),
                ('unit_map', models.JSONField(blank=True, default=dict)),
                ('endpoint', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='partner', to='integrations.endpoint')),
                ('supplier', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='edi', to='masterdata.supplier')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('qualifier', 'identifier'), name='integrations_partner_id_once')],
            },
        ),
        migrations.CreateModel(
            name='Payload',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content', models.BinaryField()),
                ('content_type', models.CharField(default='text/plain', max_length=60)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='InboundMessage',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0, help_text='Place of the document inside the file, from 1.')),
                ('file_name', models.CharField(blank=True, max_length=200)),
                ('kind', models.CharField(blank=True, help_text='Transaction: 997, 855, 856, 810; empty for a file.', max_length=20)),
                ('control_number', models.CharField(blank=True, max_length=60)),
                ('key', models.CharField(blank=True, max_length=160, null=True, unique=True)),
                ('state', models.CharField(choices=[('received', 'Received'), ('split', 'Split into its documents'), ('applied', 'Applied'), ('duplicate', 'Duplicate'), ('parked', 'Waiting for an earlier document'), ('quarantined', 'Quarantined'), ('failed', 'Dead letter')], default='received', max_length=12)),
                ('findings', models.JSONField(blank=True, default=list)),
                ('cause', models.CharField(blank=True, max_length=60)),
                ('detail', models.CharField(blank=True, max_length=500)),
                ('document_kind', models.CharField(blank=True, max_length=40)),
                ('document_number', models.CharField(blank=True, max_length=60)),
                ('attempt_count', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('trace_id', models.CharField(db_index=True, max_length=64)),
                ('received_at', models.DateTimeField(auto_now_add=True)),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inbound', to='integrations.endpoint')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='integrations.inboundmessage')),
                ('payload', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='integrations.payload')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['received', 'parked'])), fields=['due_at', 'id'], name='integrations_in_due'), models.Index(condition=models.Q(('state__in', ['applied', 'split']), _negated=True), fields=['state', '-id'], name='integrations_in_state'), models.Index(fields=['document_kind', 'document_number', 'id'], name='integrations_in_document'), models.Index(fields=['endpoint', 'payload'], name='integrations_in_content')],
            },
        ),
        migrations.CreateModel(
            name='OutboundMessage',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('topic', models.CharField(help_text='What it tells: purchase_order.create, receipt.post, voucher.post, …', max_length=40)),
                ('document_kind', models.CharField(max_length=40)),
                ('document_number', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=80)),
                ('urgent', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('in_flight', 'In flight'), ('retry', 'Waiting to retry'), ('unknown', 'Outcome unknown'), ('delivered', 'Delivered'), ('dead', 'Dead letter'), ('cancelled', 'Cancelled by a person')], default='queued', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempt_count', models.PositiveIntegerField(default=0)),
                ('cause', models.CharField(blank=True, help_text='Class of the last failure.', max_length=40)),
                ('detail', models.CharField(blank=True, help_text="The remote's words.", max_length=500)),
                ('remote_reference', models.CharField(blank=True, max_length=80)),
                ('trace_id', models.CharField(db_index=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='integrations.endpoint')),
                ('facility', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.facility')),
                ('replay_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replays', to='integrations.outboundmessage')),
                ('payload', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='integrations.payload')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['queued', 'retry', 'in_flight', 'unknown'])), fields=['endpoint', '-urgent', 'due_at', 'id'], name='integrations_out_due'), models.Index(condition=models.Q(('state__in', ['queued', 'retry', 'in_flight', 'unknown'])), fields=['endpoint', 'document_kind', 'document_number', 'id'], name='integrations_out_head'), models.Index(condition=models.Q(('state', 'delivered'), _negated=True), fields=['state', '-id'], name='integrations_out_state'), models.Index(fields=['document_kind', 'document_number', 'id'], name='integrations_out_document')],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'key'), name='integrations_one_message_per_key')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(choices=[('running', 'Running'), ('delivered', 'Delivered'), ('found', 'Already there'), ('transient', 'Failed, will retry'), ('permanent', 'Refused for good'), ('authentication', 'Sign-in failed'), ('contract', 'Answer not understood'), ('unknown', 'No answer'), ('crashed', 'Worker died')], default='running', max_length=14)),
                ('status_code', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('detail', models.CharField(blank=True, max_length=500)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='integrations.outboundmessage')),
                ('answer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='integrations.payload')),
            ],
            options={
                'ordering': ['message', 'number'],
                'constraints': [models.UniqueConstraint(fields=('message', 'number'), name='integrations_attempt_once')],
            },
        ),
        migrations.CreateModel(
            name='ControlNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(help_text='interchange, group or set.', max_length=12)),
                ('last', models.BigIntegerField(default=0)),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='control_numbers', to='integrations.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'level'), name='integrations_control_number_once')],
            },
        ),
        migrations.CreateModel(
            name='Interchange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('functional_id', models.CharField(help_text='GS01, e.g. PO.', max_length=2)),
                ('control_number', models.BigIntegerField()),
                ('group_number', models.BigIntegerField()),
                ('set_number', models.BigIntegerField(default=1)),
                ('sent_at', models.DateTimeField(auto_now_add=True)),
                ('acknowledgement', models.CharField(choices=[('waiting', 'Waiting for 997'), ('accepted', 'Accepted'), ('with_errors', 'Accepted with errors'), ('rejected', 'Rejected')], default='waiting', max_length=12)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='interchange', to='integrations.outboundmessage')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='interchanges', to='integrations.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'control_number'), name='integrations_interchange_once'), models.UniqueConstraint(fields=('partner', 'functional_id', 'group_number'), name='integrations_group_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payload',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e21987e95522e750e1abded18472cd440ad1ea1b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4e7d9', table='integrations_payload', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payload',
            trigger=pgtrigger.compiler.Trigger(name='never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF coalesce(current_setting('portal.allow_truncate', true), '') <> 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='34d5e447511a011031d0c1aa4bd74bd720a884af', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_truncated_b0d2b', table='integrations_payload', when='BEFORE')),
        ),
        ]),
    ]
