"""What users bring: Presidio's recognizers and its YAML, patterns of their own, models.

A plug-in is given distinct values as an Arrow array and returns columns of claims. Whatever it does, a value that it cannot
look at becomes ``UNSCANNABLE``, and its neighbours keep their findings.
"""

from engine.detect.plugins.budget import Budget
from engine.detect.plugins.described import Description, descriptions, load_yaml
from engine.detect.plugins.model_yaml import load_model
from engine.detect.plugins.plugin import CodePlugin, Plugin, RulePlugin
from engine.detect.plugins.presidio import from_presidio
from engine.detect.plugins.running import FOUND, UNSCANNABLE, Plugins, plugged
from engine.detect.plugins.spans import Spans

__all__ = ["FOUND", "UNSCANNABLE", "Budget", "CodePlugin", "Description", "Plugin", "Plugins", "RulePlugin", "Spans",
           "descriptions", "from_presidio", "load_model", "load_yaml", "plugged"]
