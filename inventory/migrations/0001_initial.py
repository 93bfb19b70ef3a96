import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core.together import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '__first__'),
        ('masterdata', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        Together(operations=[
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(blank=True, max_length=40)),
                ('expiry', models.DateField(blank=True, null=True)),
                ('status', models.CharField(choices=[('available', 'Available'), ('hold', 'On hold'), ('quarantine', 'Quarantine'), ('recalled', 'Recalled'), ('expired', 'Expired')], default='available', max_length=10)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='masterdata.item')),
            ],
            options={
                'indexes': [models.Index(fields=['number'], name='inventory_lot_number')],
                'constraints': [models.UniqueConstraint(fields=('item', 'number'), name='inventory_lot_once')],
            },
        ),
        migrations.CreateModel(
            name='LotEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(blank=True, max_length=40)),
                ('expiry', models.DateField(blank=True, null=True)),
                ('status', models.CharField(choices=[('available', 'Available'), ('hold', 'On hold'), ('quarantine', 'Quarantine'), ('recalled', 'Recalled'), ('expired', 'Expired')], default='available', max_length=10)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='masterdata.item')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.lot')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ParLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('par', models.DecimalField(decimal_places=4, max_digits=14)),
                ('reorder_point', models.DecimalField(decimal_places=4, max_digits=14)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='par_levels', to='masterdata.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='par_levels', to='masterdata.location')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('location', 'item'), name='inventory_par_once'), models.CheckConstraint(condition=models.Q(('par__gt', 0), ('reorder_point__gte', 0), ('reorder_point__lte', models.F('par'))), name='inventory_par_sane')],
            },
        ),
        migrations.CreateModel(
            name='StockBalance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='masterdata.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='masterdata.location')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='inventory.lot')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('quantity__gt', 0)), fields=['item', 'location'], name='inventory_on_hand_item'), models.Index(fields=['location', 'item'], name='inventory_on_hand_place')],
                'constraints': [models.UniqueConstraint(fields=('location', 'lot'), name='inventory_balance_once'), models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='inventory_never_negative')],
            },
        ),
        migrations.CreateModel(
            name='StockMove',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('reason', models.CharField(choices=[('opening', 'Opening stock'), ('receipt', 'Receipt'), ('receipt_reversal', 'Receipt reversed'), ('issue', 'Issue'), ('transfer', 'Transfer'), ('consumption', 'Used'), ('adjustment', 'Adjustment')], max_length=18)),
                ('document_kind', models.CharField(blank=True, max_length=40)),
                ('document_number', models.CharField(blank=True, max_length=60)),
                ('document_line', models.BigIntegerField(default=0, help_text='Line id of the document; with kind and number applied once.')),
                ('note', models.CharField(blank=True, max_length=200)),
                ('trace_id', models.CharField(max_length=64)),
                ('moved_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('from_location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.location')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.item')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='inventory.lot')),
                ('to_location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.location')),
            ],
            options={
                'indexes': [models.Index(fields=['item', '-id'], name='inventory_move_item'), models.Index(fields=['from_location', '-id'], name='inventory_move_from'), models.Index(fields=['to_location', '-id'], name='inventory_move_to'), models.Index(fields=['trace_id'], name='inventory_move_trace')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='inventory_move_positive'), models.CheckConstraint(condition=models.Q(('from_location', models.F('to_location')), _negated=True), name='inventory_move_goes_somewhere'), models.UniqueConstraint(condition=models.Q(('document_number', ''), _negated=True), fields=('document_kind', 'document_number', 'document_line', 'reason', 'lot', 'from_location'), name='inventory_document_moves_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_lotevent" ("expiry", "id", "item_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status") VALUES (NEW."expiry", NEW."id", NEW."item_id", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status"); RETURN NULL;', hash='c49733a28c6fe971e3416864385bc89a917a3ce5', operation='INSERT', pgid='pgtrigger_insert_insert_4602c', table='inventory_lot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_lotevent" ("expiry", "id", "item_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status") VALUES (NEW."expiry", NEW."id", NEW."item_id", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status"); RETURN NULL;', hash='797e01574788dde39dbcff1234801ba382e1ea8a', operation='UPDATE', pgid='pgtrigger_update_update_68e09', table='inventory_lot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lotevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4893cbddc9bdc0a7186bf32762809e04f40f124b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7e074', table='inventory_lotevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockmove',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5e00c0009ddbc28f03f3bd8993779dbf81ce6e73', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4eef3', table='inventory_stockmove', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockmove',
            trigger=pgtrigger.compiler.Trigger(name='never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF coalesce(current_setting('portal.allow_truncate', true), '') <> 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='2117c04e86ad420c1ce202f1ac7780f8fa746e60', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_truncated_2e630', table='inventory_stockmove', when='BEFORE')),
        ),
        ]),
    ]
