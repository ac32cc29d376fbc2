// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import Testing

@testable import ferry

@Suite struct CLIWordingTests {
    @Test(arguments: [
        ("90", Int64(90)), ("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("2w", 1_209_600), ("0", 0),
    ])
    func `lengths of time are read as they are typed`(text: String, seconds: Int64) {
        #expect(TimeSpan(text)?.seconds == seconds)
    }

    @Test(arguments: ["", "h", "1.5h", "-1h", "1 h", "1h30m", "1y", "٣h", "9999999999999", "1H", "+5"])
    func `what is no length of time is none`(text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test func `a length of time outside its range is refused with the range`() throws {
        let read = TimeSpan.reader(60...604_800)
        #expect(try read("1h").seconds == 3600)
        #expect(throws: (any Error).self) { try read("59") }
        #expect(throws: (any Error).self) { try read("8d") }
        #expect(TimeSpan.shown(60) == "1m")
        #expect(TimeSpan.shown(604_800) == "7d")
        #expect(TimeSpan.shown(90) == "90s")
    }

    @Test func `filters take as many values as their comparison`() throws {
        #expect(try ListOptions.filter("path:is_empty") == ListFilter(field: "path", operation: .isEmpty, value: .null))
        #expect(try ListOptions.filter("size:not_in:1,2").value == [1, 2])
        #expect(try ListOptions.filter("filename:contains:a:b").value == "a:b")
        #expect(try ListOptions.filter("size:gte:0").operation == .gte)
        for wrong in ["path:is_null:x", "size:gte", "size", ":eq:1", "size:like"] {
            #expect(throws: (any Error).self, "\(wrong)") { try ListOptions.filter(wrong) }
        }
    }

    @Test func `orders name a member and a direction`() throws {
        #expect(try SearchOptions.sort("size") == ListSort(field: "size", direction: .asc))
        #expect(try SearchOptions.sort("size:desc") == ListSort(field: "size", direction: .desc))
        for wrong in ["", ":desc", "size:", "size:down", "size:desc:asc"] {
            #expect(throws: (any Error).self, "\(wrong)") { try SearchOptions.sort(wrong) }
        }
    }

    @Test func `messages of the SDK are told in the words of the command line`() {
        func told(_ message: String, status: Int? = nil, serverCode: String? = nil) -> String {
            Outcome(FerryError(.invalidInput, message, status: status, serverCode: serverCode)).message
        }
        #expect(told("x; give another name by the option filename") == "x; give another name with --filename")
        #expect(told("caFile /a is no PEM") == "--ca-file /a is no PEM")
        #expect(told("404 file not found", status: 404, serverCode: "not_found") == "file not found")
        #expect(told("/a: 422 must be a file", status: 422, serverCode: "x") == "/a: must be a file")
        #expect(told("422 /input/a: is missing", status: 422, serverCode: "x") == "/a: is missing")
        #expect(told("/input/a: no file") == "/input/a: no file")
        #expect(told("502 Bad Gateway; try again", status: 502) == "the server answered 502: Bad Gateway; try again")
        #expect(told("404", status: 404) == "the server answered 404")
        #expect(told("the file 404 is gone", status: 404) == "the file 404 is gone")
        #expect(told("the agent failed: /input/attachments/1: gone") == "the agent failed: file 2: gone")
        #expect(told("/attachments/0: gone") == "file 1: gone")
        #expect(told("/attachments/x: gone") == "/attachments/x: gone")
        #expect(
            told("422 /agent_config/output_schema/type: is odd", status: 422, serverCode: "x")
                == "--schema /type: is odd")
    }

    @Test func `a list is told of by its flags`() {
        #expect(Wording.ofList("400 /filters/0/field: unknown field") == "400 --filter: unknown field")
        #expect(Wording.ofList("400 /sort/1/field: named twice") == "400 --sort: named twice")
        #expect(Wording.ofList("400 /search/term: too long") == "400 --search: too long")
        #expect(Wording.ofList("503 try again: later") == "503 try again: later")
    }

    @Test func `what changed while it was read is worth another try`() {
        #expect(Outcome(FerryError(.sourceChanged, "x")).status == .retryable)
    }

    @Test func `a file's flag takes addresses and data URIs as what they are`() throws {
        var document = InputDocument()
        try document.setFile("a=inf://files/x/y.png")
        try document.setFile("b=data:,x")
        try document.setFile("c=HTTPS://h/x")
        try document.setFile("d=./data:,x")
        guard case .object(let members) = document.value else { throw CommandFailure(.other, "no object") }
        let kinds = members.map { member in
            switch member.value {
            case .file(.uri): "uri"
            case .file(.dataURI): "data"
            case .file(.path): "path"
            default: "other"
            }
        }
        #expect(kinds == ["uri", "data", "uri", "path"])
        #expect(throws: CommandFailure.self) { try document.setFile("e=@x.png") }
    }

    @Test func `a path is taken for a file only where it was typed`() throws {
        var document = InputDocument(InputValue(["a": "/x", "l": ["/y"]]))
        try document.set("b.c=/z")
        try document.set("l[]=/w")
        let taken = [["a"], ["l", "0"], ["b", "c"], ["l", "1"]].map { tokens in
            document.takeAsFile(at: JSONPointer(tokens: tokens))
        }
        #expect(taken == [false, false, true, true])
        guard case .object(let members) = document.value, case .array(let list) = members[1].value,
            case .object(let inner) = members[2].value
        else { throw CommandFailure(.other, "another form") }
        if case .file(.path(let path)) = inner[0].value { #expect(path == "/z") } else { Issue.record("no file") }
        if case .file(.path(let path)) = list[1] { #expect(path == "/w") } else { Issue.record("no file") }
        if case .string(let text) = list[0] { #expect(text == "/y") } else { Issue.record("no text") }
    }

    @Test func `some failures among many are one line with the first one's code`() {
        let first = Outcome(CommandFailure(.refused, "x"))
        let outcome = Outcome(PartialFailure(first: first, refused: 1, count: 3))
        #expect(outcome.status == .refused)
        #expect(outcome.message == "1 of 3 files was not uploaded")
    }
}
