import django.contrib.postgres.indexes
import django.core.validators
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
        ('pghistory', '0007_auto_20250421_0444'),
        # other people's migrations run while there are few models: with ours in place each would render all of them again
        ('axes', '0010_accessattemptexpiration'),
        ('oauth2_provider', '0022_refreshtoken_token_family_index'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        Together(operations=[
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=80)),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Facility',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('hospital', 'Hospital'), ('clinic', 'Clinic')], max_length=10)),
                ('state', models.CharField(help_text='Two-letter state code.', max_length=2)),
                ('timezone', models.CharField(help_text="IANA name; dates such as 'received on' are this facility's day.", max_length=40)),
                ('currency', models.CharField(default='USD', help_text='ISO 4217.', max_length=3)),
                ('gln', models.CharField(blank=True, max_length=13)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name_plural': 'facilities',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Supplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('gln', models.CharField(blank=True, max_length=13)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('payment_terms_days', models.PositiveSmallIntegerField(default=30)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('minimum_order', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('on_hold', 'On hold'), ('inactive', 'Inactive')], default='active', max_length=10)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='SupplierEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('code', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('gln', models.CharField(blank=True, max_length=13)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('payment_terms_days', models.PositiveSmallIntegerField(default=30)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('minimum_order', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('on_hold', 'On hold'), ('inactive', 'Inactive')], default='active', max_length=10)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='masterdata.supplier')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('requester', 'Requester'), ('approver', 'Approver'), ('buyer', 'Buyer'), ('receiver', 'Receiver'), ('stock_clerk', 'Stock clerk'), ('ap_clerk', 'Accounts-payable clerk'), ('steward', 'Master-data steward'), ('integration_support', 'Integration support'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=20)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('delegate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_held', to=settings.AUTH_USER_MODEL)),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_given', to=settings.AUTH_USER_MODEL)),
                ('facility', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.facility')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='masterdata_delegation_days'), models.CheckConstraint(condition=models.Q(('lender', models.F('delegate')), _negated=True), name='masterdata_delegation_to_somebody_else')],
            },
        ),
        migrations.CreateModel(
            name='ExternalId',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(max_length=40)),
                ('kind', models.CharField(help_text="Our record's kind: item, supplier, facility, purchase_order, …", max_length=30)),
                ('external_id', models.CharField(max_length=80)),
                ('object_id', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['external_id'], name='masterdata_external_lookup')],
                'constraints': [models.UniqueConstraint(fields=('system', 'kind', 'external_id'), name='masterdata_external_id_once'), models.UniqueConstraint(fields=('system', 'kind', 'object_id'), name='masterdata_own_id_once')],
            },
        ),
        migrations.CreateModel(
            name='DelegationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('role', models.CharField(choices=[('requester', 'Requester'), ('approver', 'Approver'), ('buyer', 'Buyer'), ('receiver', 'Receiver'), ('stock_clerk', 'Stock clerk'), ('ap_clerk', 'Accounts-payable clerk'), ('steward', 'Master-data steward'), ('integration_support', 'Integration support'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=20)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('delegate', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('lender', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='masterdata.delegation')),
                ('facility', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='masterdata.facility')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CostCenter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('gl_account', models.CharField(max_length=20)),
                ('is_active', models.BooleanField(default=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cost_centers', to='masterdata.facility')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('gpo', 'GPO'), ('local', 'Local')], max_length=5)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('suspended', 'Suspended'), ('expired', 'Expired')], default='draft', max_length=10)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField()),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('facilities', models.ManyToManyField(blank=True, related_name='contracts', to='masterdata.facility')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='masterdata.supplier')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__gte', models.F('valid_from'))), name='masterdata_contract_days')],
            },
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('description', models.CharField(max_length=200)),
                ('unspsc', models.CharField(blank=True, max_length=8)),
                ('base_unit', models.CharField(help_text='Unit of stock, such as EA.', max_length=3)),
                ('manufacturer', models.CharField(blank=True, max_length=120)),
                ('manufacturer_part', models.CharField(blank=True, max_length=60)),
                ('lot_tracked', models.BooleanField(default=False)),
                ('serial_tracked', models.BooleanField(default=False)),
                ('expiry_tracked', models.BooleanField(default=False)),
                ('criticality', models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('life', 'Life-sustaining')], default='normal', max_length=10)),
                ('status', models.CharField(choices=[('active', 'Active'), ('on_hold', 'On hold'), ('discontinued', 'Discontinued')], default='active', max_length=12)),
                ('search_text', models.TextField(blank=True, help_text='Lower-case words the catalog search looks in: description, numbers, parts, GTINs.')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='masterdata.category')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='masterdata_item_search', opclasses=['gin_trgm_ops']), models.Index(fields=['category', 'number'], name='masterdata_item_category')],
            },
        ),
        migrations.CreateModel(
            name='ContractLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.CharField(max_length=3)),
                ('price', models.DecimalField(decimal_places=4, max_digits=14)),
                ('breaks', models.JSONField(blank=True, default=list)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='masterdata.contract')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contract_lines', to='masterdata.item')),
            ],
            options={
                'indexes': [models.Index(fields=['item'], name='masterdata_contract_line_item')],
                'constraints': [models.UniqueConstraint(fields=('contract', 'item'), name='masterdata_contract_item_once')],
            },
        ),
        migrations.CreateModel(
            name='ItemEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('description', models.CharField(max_length=200)),
                ('unspsc', models.CharField(blank=True, max_length=8)),
                ('base_unit', models.CharField(help_text='Unit of stock, such as EA.', max_length=3)),
                ('manufacturer', models.CharField(blank=True, max_length=120)),
                ('manufacturer_part', models.CharField(blank=True, max_length=60)),
                ('lot_tracked', models.BooleanField(default=False)),
                ('serial_tracked', models.BooleanField(default=False)),
                ('expiry_tracked', models.BooleanField(default=False)),
                ('criticality', models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('life', 'Life-sustaining')], default='normal', max_length=10)),
                ('status', models.CharField(choices=[('active', 'Active'), ('on_hold', 'On hold'), ('discontinued', 'Discontinued')], default='active', max_length=12)),
                ('search_text', models.TextField(blank=True, help_text='Lower-case words the catalog search looks in: description, numbers, parts, GTINs.')),
                ('category', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='masterdata.category')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='masterdata.item')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ItemPackaging',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.CharField(max_length=3)),
                ('multiplier', models.DecimalField(decimal_places=4, max_digits=12, validators=[django.core.validators.MinValueValidator(0)])),
                ('gtin', models.CharField(blank=True, max_length=14)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='packagings', to='masterdata.item')),
            ],
            options={
                'ordering': ['item', 'multiplier'],
                'constraints': [models.UniqueConstraint(fields=('item', 'unit'), name='masterdata_packaging_unit_once'), models.UniqueConstraint(condition=models.Q(('gtin', ''), _negated=True), fields=('gtin',), name='masterdata_gtin_once'), models.CheckConstraint(condition=models.Q(('multiplier__gt', 0)), name='masterdata_packaging_positive')],
            },
        ),
        migrations.CreateModel(
            name='ItemSubstitute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ratio', models.DecimalField(decimal_places=4, default=1, max_digits=10)),
                ('rule', models.CharField(blank=True, help_text="When it may stand in, e.g. 'with surgeon's agreement'.", max_length=120)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='substitutes', to='masterdata.item')),
                ('substitute', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='substitute_for', to='masterdata.item')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('item', 'substitute'), name='masterdata_substitute_once')],
            },
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('storeroom', 'Storeroom'), ('department', 'Department'), ('dock', 'Receiving dock'), ('quarantine', 'Quarantine'), ('supplier', 'Supplier (outside)'), ('consumption', 'Consumption (outside)'), ('adjustment', 'Adjustment (outside)'), ('in_transit', 'In transit (outside)')], max_length=12)),
                ('gln', models.CharField(blank=True, max_length=13)),
                ('is_active', models.BooleanField(default=True)),
                ('cost_center', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.costcenter')),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='locations', to='masterdata.facility')),
                ('replenished_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replenishes', to='masterdata.location')),
            ],
            options={
                'ordering': ['facility', 'code'],
                'constraints': [models.UniqueConstraint(fields=('facility', 'code'), name='masterdata_location_code_once'), models.UniqueConstraint(condition=models.Q(('kind__in', ['supplier', 'consumption', 'adjustment', 'in_transit'])), fields=('facility', 'kind'), name='masterdata_one_outside_place_each')],
            },
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('requester', 'Requester'), ('approver', 'Approver'), ('buyer', 'Buyer'), ('receiver', 'Receiver'), ('stock_clerk', 'Stock clerk'), ('ap_clerk', 'Accounts-payable clerk'), ('steward', 'Master-data steward'), ('integration_support', 'Integration support'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=20)),
                ('limit_amount', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('facility', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='role_grants', to='masterdata.facility')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='role_grants', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['role', 'facility'], name='masterdata_grant_holders')],
                'constraints': [models.UniqueConstraint(fields=('user', 'role', 'facility'), name='masterdata_grant_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='RoleGrantEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('role', models.CharField(choices=[('requester', 'Requester'), ('approver', 'Approver'), ('buyer', 'Buyer'), ('receiver', 'Receiver'), ('stock_clerk', 'Stock clerk'), ('ap_clerk', 'Accounts-payable clerk'), ('steward', 'Master-data steward'), ('integration_support', 'Integration support'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=20)),
                ('limit_amount', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('facility', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='masterdata.facility')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='masterdata.rolegrant')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ContractEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=30)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('gpo', 'GPO'), ('local', 'Local')], max_length=5)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('suspended', 'Suspended'), ('expired', 'Expired')], default='draft', max_length=10)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField()),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='masterdata.contract')),
                ('supplier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='masterdata.supplier')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SupplierItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('supplier_part', models.CharField(max_length=60)),
                ('manufacturer_part', models.CharField(blank=True, max_length=60)),
                ('order_unit', models.CharField(max_length=3)),
                ('price', models.DecimalField(decimal_places=4, max_digits=14)),
                ('minimum', models.DecimalField(decimal_places=4, default=1, help_text='Order units.', max_digits=12)),
                ('multiple', models.DecimalField(decimal_places=4, default=1, help_text='Order units.', max_digits=12)),
                ('lead_time_days', models.PositiveSmallIntegerField(default=2)),
                ('preferred', models.BooleanField(default=False)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplier_items', to='masterdata.item')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplier_items', to='masterdata.supplier')),
            ],
            options={
                'indexes': [models.Index(fields=['item', 'supplier'], name='masterdata_supplier_item')],
                'constraints': [models.UniqueConstraint(fields=('supplier', 'supplier_part'), name='masterdata_supplier_part_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplier',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "masterdata_supplierevent" ("code", "currency", "email", "gln", "id", "minimum_order", "name", "payment_terms_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status") VALUES (NEW."code", NEW."currency", NEW."email", NEW."gln", NEW."id", NEW."minimum_order", NEW."name", NEW."payment_terms_days", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status"); RETURN NULL;', hash='43b23dcf779179a4b56c682c1ae84c9ea6f91d94', operation='INSERT', pgid='pgtrigger_insert_insert_38325', table='masterdata_supplier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplier',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "masterdata_supplierevent" ("code", "currency", "email", "gln", "id", "minimum_order", "name", "payment_terms_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status") VALUES (NEW."code", NEW."currency", NEW."email", NEW."gln", NEW."id", NEW."minimum_order", NEW."name", NEW."payment_terms_days", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status"); RETURN NULL;', hash='6066d982c29ee8712aac7839fe763e7c3994625d', operation='UPDATE', pgid='pgtrigger_update_update_49cf6', table='masterdata_supplier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='delegationevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a1458de4e13302f1da01655e50b61c309916e43e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9eebf', table='masterdata_delegationevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='delegation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "masterdata_delegationevent" ("delegate_id", "ends_on", "facility_id", "id", "lender_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "role", "starts_on") VALUES (NEW."delegate_id", NEW."ends_on", NEW."facility_id", NEW."id", NEW."lender_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."role", NEW."starts_on"); RETURN NULL;', hash='fc7809a31a2bd67464d60239218e91743da5e305', operation='INSERT', pgid='pgtrigger_insert_insert_d78a2', table='masterdata_delegation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='delegation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "masterdata_delegationevent" ("delegate_id", "ends_on", "facility_id", "id", "lender_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "role", "starts_on") VALUES (NEW."delegate_id", NEW."ends_on", NEW."facility_id", NEW."id", NEW."lender_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."role", NEW."starts_on"); RETURN NULL;', hash='bb928f37e97082fa8a1827987d47820b7bd3a5d5', operation='UPDATE', pgid='pgtrigger_update_update_52854', table='masterdata_delegation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "masterdata_itemevent" ("base_unit", "category_id", "criticality", "description", "expiry_tracked", "id", "lot_tracked", "manufacturer", "manufacturer_part", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "search_text", "serial_tracked", "status", "unspsc") VALUES (NEW."base_unit", NEW."category_id", NEW."criticality", NEW."description", NEW."expiry_tracked", NEW."id", NEW."lot_tracked", NEW."manufacturer", NEW."manufacturer_part", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."search_text", NEW."serial_tracked", NEW."status", NEW."unspsc"); RETURN NULL;', hash='1e0e04bbc2dfa08372e5407176c98d075e851a5a', operation='INSERT', pgid='pgtrigger_insert_insert_7b76c', table='masterdata_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "masterdata_itemevent" ("base_unit", "category_id", "criticality", "description", "expiry_tracked", "id", "lot_tracked", "manufacturer", "manufacturer_part", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "search_text", "serial_tracked", "status", "unspsc") VALUES (NEW."base_unit", NEW."category_id", NEW."criticality", NEW."description", NEW."expiry_tracked", NEW."id", NEW."lot_tracked", NEW."manufacturer", NEW."manufacturer_part", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."search_text", NEW."serial_tracked", NEW."status", NEW."unspsc"); RETURN NULL;', hash='06a61e8209f0c6b001b9bc76933274039b0fec8a', operation='UPDATE', pgid='pgtrigger_update_update_401ba', table='masterdata_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='itemevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7f58c588f4b3d314f5a4ca0809ec353208c835fe', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_42b1e', table='masterdata_itemevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolegrant',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "masterdata_rolegrantevent" ("facility_id", "id", "limit_amount", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."facility_id", NEW."id", NEW."limit_amount", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;', hash='fcf141fa5b05357c8c2c537ef4c38285027bc754', operation='INSERT', pgid='pgtrigger_insert_insert_e0dd6', table='masterdata_rolegrant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolegrant',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "masterdata_rolegrantevent" ("facility_id", "id", "limit_amount", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."facility_id", NEW."id", NEW."limit_amount", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;', hash='985d30ab46cdd29618a473d918fdf9465f8b32b8', operation='UPDATE', pgid='pgtrigger_update_update_3a6f0', table='masterdata_rolegrant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolegrantevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8f5f7e4b497b827d1430d5f0d2f84df82e377631', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f139b', table='masterdata_rolegrantevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contractevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='430130d9ba49389992566f99ad861cfa3d08f884', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6be0b', table='masterdata_contractevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contract',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "masterdata_contractevent" ("currency", "id", "kind", "name", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "supplier_id", "valid_from", "valid_to") VALUES (NEW."currency", NEW."id", NEW."kind", NEW."name", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status", NEW."supplier_id", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='39b767b205d4a53fbd9d3700889d18710feefbba', operation='INSERT', pgid='pgtrigger_insert_insert_d8348', table='masterdata_contract', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contract',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "masterdata_contractevent" ("currency", "id", "kind", "name", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "supplier_id", "valid_from", "valid_to") VALUES (NEW."currency", NEW."id", NEW."kind", NEW."name", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status", NEW."supplier_id", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='094ed606a28c4876bc94abbd822643bc1a1213c1', operation='UPDATE', pgid='pgtrigger_update_update_a1055', table='masterdata_contract', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplierevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='728e04e61c8a5c615d9d0392accc2bff3a5526ea', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eec95', table='masterdata_supplierevent', when='BEFORE')),
        ),
        ]),
    ]
