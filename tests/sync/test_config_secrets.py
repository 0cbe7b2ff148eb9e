"""Secrets that were written into the wrong place of the file never show in its errors."""

from pathlib import Path

import pytest

from sync.config import ConfigError, load

FILES = '[connections.files]\nkind = "tables"\n'


@pytest.mark.parametrize(
    "text",
    [
        FILES + 'objects = { a = { table = "usage", url = "postgresql://u:hunter2@h/db" } }',
        FILES + 'objects = [{ url = "postgresql://u:hunter2@h/db" }]',
        FILES + 'objects = { a = "postgresql://u:hunter2@h/db" }',
        FILES + "objects = { a = { table = 'usage', url = 'no url hunter2', query = 'select 1' } }",
        'connections = { files = "postgresql://u:hunt/er@hunter2@h/db" }',
        '[pulsefield]\njournal = { url = "x://u:hunter2@h" }\n' + FILES,
        '[connections.a]\nkind = "zendesk"\nsubdomain = "a"\nauth = "hunter2"',
    ],
)
def test_a_password_is_not_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pulsefield.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as told:
        load(file)
    assert "hunter2" not in str(told.value)
    assert "connections" in str(told.value) or "journal" in str(told.value)
