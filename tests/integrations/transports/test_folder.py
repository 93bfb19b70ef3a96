"""The managed folder: whole files or none, and no way out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.transports.base import LARGEST, Incoming, TransportError
from integrations.transports.folder import Folder


def incoming(path: Path) -> Incoming:
    return Incoming(name=path.name, where=str(path))


def test_a_file_appears_whole(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "ACME")
    folder.put("1.x12", b"ISA")
    assert [path.name for path in (tmp_path / "ACME" / "in").iterdir()] == ["1.x12"]
    folder.put("1.x12", b"ISA")
    assert folder.has("1.x12")
    (tmp_path / "ACME" / "archive").mkdir()
    (tmp_path / "ACME" / "in" / "1.x12").rename(tmp_path / "ACME" / "archive" / "1.x12")
    assert folder.has("1.x12")
    assert not folder.has("2.x12")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\x00b", "a\nb", "x" * 4000])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TransportError):
        Folder(tmp_path, name)
    with pytest.raises(TransportError):
        Folder(tmp_path, "ACME").put(name, b"")


def test_links_are_not_followed(tmp_path: Path) -> None:
    out = tmp_path / "ACME" / "out"
    out.mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (out / "link.x12").symlink_to(tmp_path / "secret")
    folder = Folder(tmp_path, "ACME")
    with pytest.raises(TransportError):
        folder.read(incoming(out / "link.x12"))


def test_a_name_with_control_characters_is_not_read(tmp_path: Path) -> None:
    out = tmp_path / "ACME" / "out"
    out.mkdir(parents=True)
    (out / "a\r\nb.x12").write_bytes(b"x")
    folder = Folder(tmp_path, "ACME")
    with pytest.raises(TransportError, match="control characters"):
        folder.read(folder.waiting()[0])


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    out = tmp_path / "ACME" / "out"
    out.mkdir(parents=True)
    with (out / "big.x12").open("wb") as file:
        file.truncate(LARGEST + 1)
    folder = Folder(tmp_path, "ACME")
    with pytest.raises(TransportError, match="larger than 50 MB"):
        folder.read(folder.waiting()[0])


def test_hidden_files_and_folders_do_not_wait(tmp_path: Path) -> None:
    out = tmp_path / "ACME" / "out"
    (out / "sub").mkdir(parents=True)
    (out / ".half.tmp").write_bytes(b"x")
    (out / "b.x12").write_bytes(b"2")
    (out / "a.x12").write_bytes(b"1")
    folder = Folder(tmp_path, "ACME")
    assert [file.name for file in folder.waiting()] == ["a.x12", "b.x12"]
    folder.remove(incoming(out / "a.x12"))
    folder.remove(incoming(out / "a.x12"))
    assert [file.name for file in folder.waiting()] == ["b.x12"]
    assert list(Folder(tmp_path, "NOBODY").waiting()) == []


def test_a_file_set_aside_is_still_an_answer(tmp_path: Path) -> None:
    out = tmp_path / "ACME" / "out"
    out.mkdir(parents=True)
    (out / "a.ack").write_bytes(b"1")
    folder = Folder(tmp_path, "ACME")
    for _ in range(2):
        answer = folder.answer("a.ack")
        assert answer is not None
        folder.set_aside(answer)
        assert folder.read(folder.answer("a.ack") or answer) == b"1"
    assert folder.waiting() == []


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "ACME").write_text("a file where a folder should be")
    with pytest.raises(TransportError, match="cannot be"):
        Folder(tmp_path, "ACME").put("1.x12", b"")
