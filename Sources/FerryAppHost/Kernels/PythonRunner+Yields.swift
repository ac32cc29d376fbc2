// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// What generators yield: results so far, and increments of an answer.
    static let yields = #"""
        # SPDX-License-Identifier: Apache-2.0
        """What generators yield: results so far, and increments of a language model's answer."""

        import json

        from . import values

        # The package's class of all increments, and what older versions of it, or other libraries, call that of a
        # language model.
        DELTAS = {"StreamDelta", "LLMDelta"}


        def delta(value):
            """The members of an increment that were set and are not None; None for any other value."""
            if not any(kind.__name__ in DELTAS for kind in type(value).__mro__):
                return None
            if hasattr(type(value), "model_dump"):
                members = value.model_dump(mode="json", exclude_unset=True, exclude_none=True)
            else:
                members = values.output(value)
            return {name: member for name, member in values.plain(members).items() if member is not None}


        class Answer:
            """Increments, put together."""

            def __init__(self):
                self.members = {}
                self.calls = {}

            def add(self, delta):
                for name, value in delta.items():
                    if name == "tool_calls":
                        for call in value:
                            self.add_call(call)
                    elif name in ("response", "reasoning"):
                        self.members[name] = self.members.get(name, "") + value
                    else:
                        self.members[name] = value

            def add_call(self, delta):
                call = self.calls.setdefault(delta.get("index", 0), {"id": "", "type": "function", "function": {}})
                call.update((name, delta[name]) for name in ("id", "type") if name in delta)
                function = delta.get("function") or {}
                if function.get("name"):
                    call["function"]["name"] = function["name"]
                arguments = call["function"].get("arguments", "") + (function.get("arguments") or "")
                call["function"]["arguments"] = arguments

            def output(self):
                """All of it in the form of an LLMOutput."""
                output = {"response": "", **self.members}
                if self.calls:
                    output["tool_calls"] = [whole(self.calls[index]) for index in sorted(self.calls)]
                return output


        def whole(call):
            function = call["function"]
            try:
                arguments = json.loads(function["arguments"] or "{}")
            except ValueError:
                arguments = None
            if not isinstance(arguments, dict):
                raise values.BadOutput(f"the arguments for the tool {function.get('name')} are no JSON object")
            return {**call, "function": {"name": function.get("name", ""), "arguments": arguments}}


        class Yields:
            """Passes each value on as it comes, and keeps what they come to."""

            def __init__(self, channel, task):
                self.channel = channel
                self.task = task
                self.answer = None
                self.last = None
                self.has_last = False

            def add(self, value):
                members = delta(value)
                if members is None:
                    self.last, self.has_last = value, True
                    if self.task is not None:
                        self.channel.send("partial", task=self.task, output=values.output(value))
                    return
                self.answer = self.answer or Answer()
                self.answer.add(members)
                if self.task is not None and members:
                    self.channel.send("delta", task=self.task, delta=members)

            def result(self):
                """The last value that was no increment; if there was none, all increments together."""
                return self.answer.output() if self.answer and not self.has_last else self.last

        """#
}
