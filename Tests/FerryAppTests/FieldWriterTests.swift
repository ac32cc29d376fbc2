// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

@Suite struct FieldWriterTests {
    private struct Report: AppOutput {
        @Field("A file.") var file: File?
        @Field("Tables.") var byName: [String: [Int]] = ["bB": [2], "aA": [1]]
        @Field("A share.") var share: Double = 0.5
        @Field("Must be set.") var mustBeSet: Int
        @Field("Largest.") var largest: UInt64 = 7
        @Field("Mode.") var mode: Everything.Mode = .fast
        @Field("Anything.") var rest: JSONValue = ["kE": nil]
        @Field("When.") var when = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
        var leftOut: Int?
        var outputMeta: OutputMeta?
    }

    private func output(_ report: Report) async throws -> JSONValue {
        try await FieldWriter.output(report, into: "/nowhere")
    }

    private func refusal(_ fill: (inout Report) -> Void) async throws -> String {
        var report = Report { $0.mustBeSet = 1 }
        fill(&report)
        let given = report
        let failure = await #expect(throws: AppFailure.self) { try await output(given) }
        #expect(failure?.code == .invalidOutput)
        return try #require(failure).message
    }

    @Test func `an output is written in order, nil as null and tables as they are`() async throws {
        let json = try await output(
            Report {
                $0.mustBeSet = 1
                $0.outputMeta = OutputMeta(outputs: [.image(width: 1000, height: 500)])
            })
        #expect(
            json.description == """
                {"file":null,"by_name":{"aA":[1],"bB":[2]},"share":0.5,"must_be_set":1,"largest":7,"mode":"fast",\
                "rest":{"kE":null},"when":"00000000-0000-0000-0000-000000000001",\
                "output_meta":{"inputs":[],"outputs":[{"type":"image","width":1000,"height":500,\
                "resolution_mp":0.5,"count":1}]}}
                """)
    }

    @Test func `a file is written with its path and must be there`() async throws {
        let json = try await output(
            Report {
                $0.mustBeSet = 1
                $0.file = File(path: #filePath)
            })
        #expect(json["file"]?["path"] == .string(#filePath))
        #expect((json["file"]?["size"]?.integerValue ?? 0) > 0)
        #expect(
            try await refusal { $0.file = File(path: "/nowhere/x.png") } == """
                the app's output file is the file x.png, which does not exist; \
                write it before the output is returned
                """)
    }

    @Test func `a field without a value and a number that JSON lacks are named`() async throws {
        let failure = await #expect(throws: AppFailure.self) { try await output(Report()) }
        #expect(failure?.message == "the app's output must_be_set was given no value")
        #expect(
            try await refusal { $0.share = .nan } == "the app's output share is nan, a number that JSON does not have")
        #expect(
            try await refusal { $0.largest = .max } == """
                the app's output largest is 18446744073709551615, more than a JSON integer holds here
                """)
    }
}
