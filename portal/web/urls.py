"""Addresses of the screens, a list per room."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.web import (
    approvals,
    cart,
    catalog,
    edi_desk,
    erps,
    exceptions,
    home,
    invoices,
    lists,
    lookups,
    messages,
    orders,
    partner_setup,
    partners,
    receiving,
    replays,
    requisitions,
    searching,
    stewardship,
    stock,
    tracing,
    watching,
    workbench,
)

# -- everybody ---------------------------------------------------------------------------------------------------------
shell: list[URLPattern] = [
    path("", home.home, name="home"),
    path("notices/", home.notices, name="notices"),
    path("search/", searching.search, name="search"),
    path("views/<str:name>/", lists.views, name="list-views"),
]

# -- requests and approvals --------------------------------------------------------------------------------------------
requests: list[URLPattern] = [
    path("catalog/", catalog.catalog, name="catalog"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="cart-add"),
    path("cart/extra/", cart.add_extra, name="cart-extra"),
    path("requisitions/", requisitions.requisitions, name="requisitions"),
    path("requisitions/<str:number>/", requisitions.requisition, name="requisition"),
    path("requisitions/<str:number>/comment/", requisitions.comment, name="requisition-comment"),
    path("requisitions/<str:number>/lines/<int:line_id>/", cart.change_line, name="requisition-line"),
    path("requisitions/<str:number>/header/", cart.change_header, name="requisition-header"),
    path("requisitions/<str:number>/submit/", cart.submit, name="requisition-submit"),
    path("requisitions/<str:number>/cancel/", cart.cancel, name="requisition-cancel"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/several/", approvals.decide_many, name="approvals-several"),
    path("approvals/<int:step_id>/", approvals.approval, name="approval"),
    path("approvals/<int:step_id>/decide/", approvals.decide, name="approval-decide"),
]

# -- invoices and exceptions -------------------------------------------------------------------------------------------
payables: list[URLPattern] = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/new/", invoices.invoice_new, name="invoice-new"),
    path("invoices/<str:number>/", invoices.invoice, name="invoice"),
    path("invoices/<str:number>/comment/", invoices.comment, name="invoice-comment"),
    path("invoices/<str:number>/dispute/", invoices.dispute, name="invoice-dispute"),
    path("invoices/<str:number>/match/", invoices.match_again, name="invoice-match"),
    path("exceptions/case/<int:case_id>/", exceptions.case, name="exception"),
    path("exceptions/case/<int:case_id>/resolve/", exceptions.resolve, name="exception-resolve"),
    path("exceptions/case/<int:case_id>/assign/", exceptions.assign, name="exception-assign"),
    path("exceptions/case/<int:case_id>/comment/", exceptions.comment, name="exception-comment"),
    path("exceptions/<str:queue>/", exceptions.queue, name="exceptions"),
    path("exceptions/<str:queue>/several/", exceptions.several, name="exceptions-several"),
]

# -- orders, receiving and stock ---------------------------------------------------------------------------------------
supply: list[URLPattern] = [
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/issue/", orders.issue, name="order-issue"),
    path("orders/<str:number>/act/", orders.act, name="order-act"),
    path("orders/<str:number>/comment/", orders.comment, name="order-comment"),
    path("workbench/", workbench.workbench, name="workbench"),
    path("workbench/source/", workbench.source, name="workbench-source"),
    path("workbench/waive/", workbench.waive, name="workbench-waive"),
    path("receiving/", receiving.receiving, name="receiving"),
    path("receiving/<str:number>/", receiving.receive, name="receive"),
    path("receiving/<str:number>/post/", receiving.post_receipt, name="receive-post"),
    path("receipts/", receiving.receipts, name="receipts"),
    path("receipts/<str:number>/", receiving.receipt, name="receipt"),
    path("receipts/<str:number>/reverse/", receiving.reverse, name="receipt-reverse"),
    path("stock/", stock.stock, name="stock"),
    path("items/<str:number>/", stock.item, name="item"),
    path("suppliers/", lookups.suppliers, name="suppliers"),
    path("contracts/", lookups.contracts, name="contracts"),
    path("contracts/<str:number>/", lookups.contract, name="contract"),
]

# -- master data -------------------------------------------------------------------------------------------------------
masters: list[URLPattern] = [
    path("master-data/", stewardship.proposals, name="proposals"),
    path("master-data/several/", stewardship.several, name="proposals-several"),
    path("master-data/counts/", stewardship.counts, name="master-counts"),
    path("master-data/counts/set/", stewardship.counts_set, name="master-counts-set"),
    path("master-data/pulls/", stewardship.pulls, name="master-pulls"),
    path("master-data/pulls/now/", stewardship.pull, name="master-pull"),
    path("master-data/pulls/<int:pk>/rows/", stewardship.pull_file, name="master-pull-rows"),
    path("master-data/<int:pk>/", stewardship.proposal, name="proposal"),
    path("master-data/<int:pk>/decide/", stewardship.decide, name="proposal-decide"),
]

# -- integration and trace ---------------------------------------------------------------------------------------------
integration: list[URLPattern] = [
    path("trace/", tracing.trace, name="trace"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<int:pk>/", messages.message, name="message"),
    path("messages/<int:pk>/decide/", messages.decide, name="message-decide"),
    path("messages/<int:pk>/replay/", replays.replay_page, name="message-difference"),
    path("messages/<int:pk>/replay/send/", replays.replay_post, name="message-replay"),
    path("messages/group/", replays.group_page, name="message-group"),
    path("messages/group/replay/", replays.group_replay, name="message-group-replay"),
    path("messages/in/<int:pk>/", messages.inbound, name="inbound-message"),
    path("messages/in/<int:pk>/replay/", messages.inbound_replay, name="inbound-replay"),
    path("endpoints/", messages.endpoints, name="endpoints"),
    path("endpoints/<str:code>/", watching.endpoint, name="endpoint"),
    path("endpoints/<str:code>/switch/", messages.endpoint_switch, name="endpoint-switch"),
    path("endpoints/<str:code>/maintenance/", watching.plan, name="maintenance-plan"),
    path("maintenance/<int:pk>/cancel/", watching.plan_cancel, name="maintenance-cancel"),
    path("flows/", watching.flow_view, name="flows"),
    path("edi/", edi_desk.desk, name="edi-desk"),
    path("edi/file/", edi_desk.file, name="edi-file"),
    path("partners/", partners.partners, name="partners"),
    path("partners/new/", partners.partner_new, name="partner-new"),
    path("partners/<str:code>/", partners.partner, name="partner"),
    path("partners/<str:code>/act/", partners.partner_act, name="partner-act"),
    path("partners/<str:code>/profile.json", partners.partner_profile, name="partner-profile"),
    path("partners/<str:code>/setup/<str:step>/", partner_setup.setup, name="partner-setup"),
    path("erps/", erps.erps, name="erps"),
    path("erps/move/", erps.move, name="erp-move"),
    path("erps/move/<int:pk>/withdraw/", erps.withdraw, name="erp-move-withdraw"),
    path("alerts/", watching.alerts, name="alerts"),
    path("alerts/<int:pk>/take/", watching.take, name="alert-take"),
]

urlpatterns = [*shell, *requests, *payables, *supply, *masters, *integration]
