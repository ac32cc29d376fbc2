// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryApp

@Suite struct ManifestTests {
    @Test func `a manifest is described with its functions in order`() {
        let manifest = AppManifest(
            namespace: "me", name: "app", version: "2", description: "d", category: "text",
            functions: [
                "b": FunctionSchema(input: ["type": "object"], output: true, description: "second"),
                "a": FunctionSchema(input: false, output: [:]),
            ], defaultFunction: "a")
        #expect(manifest.reference == "me/app")
        #expect(
            manifest.json.description == """
                {"namespace":"me","name":"app","version":"2","description":"d","category":"text",\
                "default_function":"a","functions":{"a":{"description":"","input_schema":false,"output_schema":{}},\
                "b":{"description":"second","input_schema":{"type":"object"},"output_schema":true}}}
                """)
    }

    @Test func `an output path is safe whatever the name`() {
        let context = TaskContext<NoOutput>(taskID: "t", workDirectory: "/w", outputDirectory: "/w/out")
        #expect(context.outputPath("cat.png") == "/w/out/cat.png")
        #expect(!context.outputPath("../../etc/passwd").dropFirst("/w/out/".count).utf8.contains(UInt8(ascii: "/")))
    }
}

private struct NoOutput: AppOutput {}
