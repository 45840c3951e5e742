"""The functions of CloudFormation that template.yaml uses: Ref, Fn::GetAtt, Fn::Sub, Fn::Split, Fn::If and others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"\$\{(!?)([\w:.]+)\}")
_NOTHING = object()  # AWS::NoValue: the property is not there


@dataclass(frozen=True, slots=True)
class Scope:
    """What the functions read: the values of Ref, those of Fn::GetAtt as `Resource.Attribute`, and the conditions."""

    references: Mapping[str, Any]
    attributes: Mapping[str, str]
    conditions: Mapping[str, Any]

    def resolved(self, node: Any) -> Any:
        """Return a part of a template with its functions called; raises `KeyError` for a name that is not there.

        >>> scope = Scope({"Rate": 10, "Bucket": "b-1"}, {"Bucket.Arn": "arn:b-1"}, {})
        >>> scope.resolved({"Rate": {"Ref": "Rate"}, "Url": {"Fn::Sub": "s3://${Bucket}/${Bucket.Arn}"}})
        {'Rate': 10, 'Url': 's3://b-1/arn:b-1'}
        """
        match node:
            case {"Ref": str(name)}:
                return _NOTHING if name == "AWS::NoValue" else self.references[name]
            case {"Fn::GetAtt": [resource, attribute]}:
                return self.attributes[f"{resource}.{attribute}"]
            case {"Fn::Sub": str(text)}:
                return self._filled(text, {})
            case {"Fn::Sub": [text, values]}:
                return self._filled(text, self.resolved(values))
            case {"Fn::Split": [str(mark), text]}:
                return str(self.resolved(text)).split(mark)
            case {"Fn::If": [name, then, otherwise]}:
                return self.resolved(then if self.holds(self.conditions[name]) else otherwise)
            case dict():
                if strange := [name for name in node if name.startswith("Fn::")]:
                    raise KeyError(f"{strange[0]} is not known here")
                pairs = ((name, self.resolved(value)) for name, value in node.items())
                return {name: value for name, value in pairs if value is not _NOTHING}
            case list():
                return [value for value in map(self.resolved, node) if value is not _NOTHING]
        return node

    def holds(self, condition: Any) -> bool:
        """Whether a condition is true.

        >>> Scope({"Topic": ""}, {}, {}).holds({"Fn::Not": [{"Fn::Equals": [{"Ref": "Topic"}, ""]}]})
        False
        """
        match condition:
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": list(inner)}:
                return all(map(self.holds, inner))
            case {"Fn::Or": list(inner)}:
                return any(map(self.holds, inner))
            case {"Condition": str(name)}:
                return self.holds(self.conditions[name])
            case {"Fn::Equals": [one, other]}:
                return str(self.resolved(one)) == str(self.resolved(other))
        raise KeyError(f"{condition} is not a condition that is known here")

    def _filled(self, text: str, values: Mapping[str, Any]) -> str:
        def value(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return f"${{{name}}}"
            return str(values[name] if name in values else self._named(name))

        return _PLACE.sub(value, text)

    def _named(self, name: str) -> Any:
        return self.attributes[name] if "." in name else self.references[name]
