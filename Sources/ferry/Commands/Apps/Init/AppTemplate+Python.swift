// SPDX-License-Identifier: Apache-2.0

extension AppTemplate {
    /// An app in Python, by the published conventions.
    static let pythonFiles: [File] = [
        File(path: "inf.yml", text: pythonDescription),
        File(path: "inference.py", text: pythonCode),
        File(path: "requirements.txt", text: "inferencesh==0.36.0\n"),
    ]

    private static let pythonDescription = """
        namespace: "@NAMESPACE@"
        name: "@NAME@"
        description: "Counts the words of a text and lists the most frequent ones."
        category: text
        kernel: python-3.11

        """

    private static let pythonCode = #"""
        """Counts the words of a text and lists the most frequent ones."""

        import csv
        import re
        import tempfile
        from collections import Counter
        from pathlib import Path

        from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File
        from pydantic import Field


        class AppInput(BaseAppInput):
            document: File = Field(
                description="The text, UTF-8.", json_schema_extra={"contentMediaType": "text/plain"})
            top: int = Field(default=10, ge=1, le=1000, description="How many words to list.")


        class AppOutput(BaseAppOutput):
            words: int = Field(description="Words in the text.")
            table: File = Field(description="The most frequent words as CSV, the most frequent first.")


        class App(BaseApp):
            async def setup(self, metadata):
                """Called once, before the first run: the place to load what is dear to load."""
                self.word = re.compile(r"\w+(?:['’]\w+)*")

            async def run(self, input_data: AppInput, metadata) -> AppOutput:
                text = Path(input_data.document.path).read_text(encoding="utf-8", errors="replace")
                found = self.word.findall(text.lower())
                frequent = sorted(Counter(found).items(), key=lambda item: (-item[1], item[0]))[: input_data.top]
                table = Path(tempfile.mkdtemp()) / "words.csv"
                with open(table, "w", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(["word", "count"])
                    writer.writerows(frequent)
                print(f"{len(found)} words, {len(set(found))} different ones")
                return AppOutput(words=len(found), table=File(path=str(table)))

        """#
}
