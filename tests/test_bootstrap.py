"""bin/uv, on machines that have next to nothing."""

import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import zipfile
from importlib.machinery import SourceFileLoader

import pytest
from django.conf import settings

PAGE = "https://index.example/simple/uv/"
WORKING = "#!/bin/sh\necho uv 99.1.0\n"
# What a version manager leaves on the PATH for a program that another version has.
BROKEN = "#!/bin/sh\nexit 127\n"


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """bin/uv as a module, which installs into a temporary folder and finds nothing on the PATH."""
    loader = SourceFileLoader("bootstrap", str(settings.ROOT / "bin" / "uv"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bootstrap", loader))
    loader.exec_module(module)
    monkeypatch.setattr(module, "HOME", str(tmp_path / ".uv"))
    monkeypatch.setattr(module, "OURS", str(tmp_path / ".uv" / "bin" / "uv"))
    monkeypatch.setattr(module, "INDEX", "https://index.example/simple")
    monkeypatch.setenv("PATH", "")
    return module


@pytest.fixture
def bare(bootstrap, monkeypatch):
    """No venv, no pip; and an index that has a wheel, which names its hash: bare(hash) -> bootstrap."""

    def bare(announced=None):
        wheel = io.BytesIO()
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"uv-{bootstrap.VERSION}.data/scripts/uv", WORKING)
        announced = announced or hashlib.sha256(wheel.getvalue()).hexdigest()
        names = ["macosx_11_0_arm64", "macosx_10_12_x86_64"]
        names += [f"{libc}_{machine}" for libc in ("manylinux_2_28", "musllinux_1_1") for machine in MACHINES]
        links = [f"../../f/uv-{bootstrap.VERSION}-py3-none-{name}.whl" for name in names]
        answers = {PAGE: "".join(f'<a href="{link}#sha256={announced}">' for link in links).encode()}
        answers |= {link.replace("../..", "https://index.example"): wheel.getvalue() for link in links}
        monkeypatch.setattr(bootstrap, "with_venv", lambda: False)
        monkeypatch.setattr(bootstrap, "with_pip", lambda: False)
        monkeypatch.setattr(bootstrap, "fetch", answers.__getitem__)
        return bootstrap

    return bare


MACHINES = ["x86_64", "aarch64", "armv7l"]


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_uv_on_the_path_is_taken_when_it_works(bootstrap, tmp_path, monkeypatch):
    program(tmp_path / "shims" / "uv", BROKEN)
    uv = program(tmp_path / "bin" / "uv", WORKING)
    monkeypatch.setenv("PATH", f"{tmp_path}/nowhere:{tmp_path}/shims:{tmp_path}/bin")
    assert bootstrap.find_uv() == uv


def test_a_uv_that_is_too_old_is_passed_over(bootstrap, tmp_path, monkeypatch):
    program(tmp_path / "bin" / "uv", "#!/bin/sh\necho uv 0.4.30\n")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    assert bootstrap.find_uv() is None


def test_uv_is_unpacked_where_there_is_neither_venv_nor_pip(bare):
    bootstrap = bare()
    assert bootstrap.find_uv() is None
    uv = bootstrap.install_uv()
    assert subprocess.check_output([uv, "--version"]) == b"uv 99.1.0\n"
    assert bootstrap.find_uv() == uv


def test_a_wheel_that_was_tampered_with_is_refused(bare, capsys):
    bootstrap = bare(announced="0" * 64)
    with pytest.raises(SystemExit):
        bootstrap.install_uv()
    assert "not the one that was announced" in capsys.readouterr().err
    assert not os.path.exists(bootstrap.HOME)


def test_a_python_of_pyenv_is_found_behind_a_broken_shim(bootstrap, tmp_path, monkeypatch):
    version = bootstrap.PYTHONS[0]
    program(tmp_path / "shims" / f"python{version}", BROKEN)
    python = f"#!/bin/sh\necho {version} /the/python\n"
    program(tmp_path / "pyenv" / "versions" / f"{version}.1" / "bin" / f"python{version}", python)
    monkeypatch.setenv("PATH", f"{tmp_path}/shims")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert bootstrap.find_python() == "/the/python"


def test_the_python_of_these_tests_would_do(bootstrap):
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in bootstrap.PYTHONS
