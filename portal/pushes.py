"""The door for files that partners push: nobody signs in here, the signature of every request says who it is."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.errors import Conflict
from integrations.services.pushes import PushRefused, push_accept, push_fresh

LARGEST = 10_000_000
_log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def push(request: HttpRequest, code: str) -> JsonResponse:
    """202 once the bytes are kept, also when they came before; 401, 409 (another file under this id), 413."""
    said = {
        "message_id": request.headers.get("webhook-id", ""),
        "timestamp": request.headers.get("webhook-timestamp", ""),
    }
    try:
        push_fresh(**said)
        if (
            int(request.headers.get("Content-Length") or 0) > LARGEST
            or len(content := request.read(LARGEST + 1)) > LARGEST
        ):
            return JsonResponse({"error": f"A file has at most {LARGEST:,} bytes."}, status=413)
        kept = push_accept(code=code, signatures=request.headers.get("webhook-signature", ""), content=content, **said)
    except PushRefused as refusal:
        _log.warning("push_refused", endpoint=code[:40], reason=refusal.message)
        return JsonResponse({"error": "The request is not signed as agreed."}, status=401)
    except Conflict as conflict:
        return JsonResponse({"error": conflict.message}, status=409)
    return JsonResponse({"id": said["message_id"], "kept": kept.pk}, status=202)
