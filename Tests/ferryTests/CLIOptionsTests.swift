// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import Testing

@testable import ferry

@Suite struct CLIOptionsTests {
    private static func document(_ base: JSONValue = [:], set: [String] = [], files: [String] = []) throws -> String {
        var document = InputDocument(InputValue(base))
        for setting in set { try document.set(setting) }
        for file in files { try document.setFile(file) }
        return describe(document.value)
    }

    private static func describe(_ value: InputValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): "\(JSONValue.string(value))"
        case .array(let elements): "[\(elements.map(describe).joined(separator: ","))]"
        case .object(let members): "{\(members.map { "\($0.key):\(describe($0.value))" }.joined(separator: ","))}"
        case .file(.path(let path)): "file(\(path))"
        case .file: "file"
        case .untrusted(let value): "untrusted(\(describe(value)))"
        }
    }

    @Test func `values are JSON where they can be, else text`() throws {
        let settings = ["n=640", "f=1.5", "b=true", "z=null", "t=plain text", "q=\"640\"", "a=[1,2]", "v=1.2.3", "e="]
        #expect(
            try Self.document(set: settings)
                == "{n:640,f:1.5,b:true,z:null,t:\"plain text\",q:\"640\",a:[1,2],v:\"1.2.3\",e:\"\"}")
    }

    @Test func `dotted keys reach inner members and brackets append`() throws {
        #expect(try Self.document(set: ["a.b.c=1", "a.b.d=2", "l[]=x", "l[]=y"]) == #"{a:{b:{c:1,d:2}},l:["x","y"]}"#)
        #expect(try Self.document(["l": [["k": 1]]], set: ["l.0.k=2"]) == "{l:[{k:2}]}")
        #expect(try Self.document(set: [#"a\.b=1"#]) == "{a.b:1}")
        #expect(
            try Self.document(["a": 1], set: ["a=2"], files: ["in.images[]=x=y.png"])
                == "{a:2,in:{images:[file(x=y.png)]}}")
    }

    @Test(arguments: ["novalue", "=1", "a..b=1", "[]=1", "s.x=1", "l.7=1", "s[]=1"])
    func `keys that lead nowhere are refused`(setting: String) {
        #expect(throws: CommandFailure.self) { try Self.document(["s": "text", "l": [1]], set: [setting]) }
    }

    @Test func `filters have the type of their field`() throws {
        #expect(try ListOptions.filter("size:gt:100").value == 100)
        #expect(try ListOptions.filter("filename:eq:100").value == "100")
        #expect(try ListOptions.filter("created_at:lt:2026-01-01T00:00:00Z").value == "2026-01-01T00:00:00Z")
        #expect(try ListOptions.filter("status:in:failed,cancelled").value == [11, 12])
        #expect(throws: (any Error).self) { try ListOptions.filter("size:gt:many") }
        #expect(throws: (any Error).self) { try ListOptions.filter("size:gt") }
    }

    @Test func `a start is a point in time, or a time from now`() throws {
        let now = Timestamp(seconds: 1_000)
        for (text, seconds) in [("+90s", Int64(1_090)), ("+15m", 1_900), ("+2h", 8_200), ("+5", 1_005)] {
            #expect(StartTime(text)?.time(from: now).seconds == seconds, "\(text)")
        }
        let time = try #require(StartTime("2026-12-24T18:00:00+01:00"))
        #expect(time.time(from: now).rfc3339 == "2026-12-24T17:00:00.000000Z")
        for text in ["", "+", "15m", "+-1s", "2026-12-24", "tomorrow", "+99999999w", "++1s"] {
            #expect(StartTime(text) == nil, "\(text)")
        }
    }

    @Test func `seconds have three digits behind the point`() {
        let shown = [0, 7, 40, 1_250, 61_000].map { TaskTimings.seconds($0) }
        #expect(shown == ["0.000 s", "0.007 s", "0.040 s", "1.250 s", "61.000 s"])
    }

    @Test func `a key alone means the embedded server`() throws {
        let choice = try ServerChoice(flags: .init(), environment: ["INFERENCE_API_KEY": "k"], file: [:])
        #expect(choice == .embedded(key: .init(text: "k", source: "INFERENCE_API_KEY")))
        #expect(
            try ServerChoice(flags: .init(), environment: ["INFERENCE_BASE_URL": ""], file: [:]) == .embedded(key: nil))
    }

    @Test func `the first of flag, environment and file counts, for address and key each`() throws {
        let file: JSONValue = ["base_url": "http://file", "api_key": "f"]
        #expect(
            try ServerChoice(flags: .init(), environment: [:], file: file)
                == .remote(baseURL: "http://file", key: "f"))
        let environment = ["INFERENCE_BASE_URL": "http://env", "INFSH_API_KEY": "e"]
        #expect(
            try ServerChoice(flags: .init(), environment: environment, file: file)
                == .remote(baseURL: "http://env", key: "e"))
        #expect(
            try ServerChoice(flags: .init(baseURL: "http://flag", apiKey: "g"), environment: environment, file: file)
                == .remote(baseURL: "http://flag", key: "g"))
        #expect(throws: CommandFailure.self) {
            try ServerChoice(flags: .init(baseURL: "http://flag"), environment: [:], file: file)
        }
    }

    @Test func `sizes and tables read well`() {
        #expect(ByteSize.text(0) == "0 B")
        #expect(ByteSize.text(1023) == "1023 B")
        #expect(ByteSize.text(1536) == "1.5 KiB")
        #expect(ByteSize.text((1 << 20) - 1) == "1.0 MiB")
        #expect(ByteSize.text(.max) == "8.0 EiB")
        var table = Table(["NAME", "SIZE", "ID"], rightAligned: [1])
        table.add(["a\u{1B}[31m", "1 B", "x"])
        table.add(["写真.png", "10 B", "yy"])
        #expect(table.lines == ["NAME      SIZE  ID", "a [31m     1 B  x", "写真.png  10 B  yy"])
    }

    @Test(arguments: [20, 40, 60, 80, 120])
    func `a line of progress fits the terminal`(columns: Int) {
        var line = ProgressLine(verb: "uploading", count: 1)
        let name = "a rather long name of a file that nobody would type.bin"
        for step in 0...10 {
            let progress = TransferProgress(sent: Int64(step) << 26, acknowledged: 0, total: 10 << 26)
            line.update(0, name: name, progress, at: .milliseconds(step * 300))
            #expect(Table.width(line.text(columns: columns, colour: false)) < columns)
        }
        let text = line.text(columns: 160, colour: false)
        #expect(text.contains("100%") && text.contains("640.0 MiB") && text.contains("/s") && text.contains("="))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func `files of an output are found once each, with safe names`() {
        let output: JSONValue = [
            "image": ["uri": "https://h/c/1/a%20b.png?sig=x", "filename": ""],
            "more": [
                ["uri": "inf://files/x/y", "filename": "../../etc/passwd"], ["uri": "https://h/c/1/a%20b.png?sig=x"],
            ],
            "text": "https://h/not-a-file", "other": ["uri": "not an address", "inner": ["uri": "data:,x"]],
        ]
        let files = OutputFiles.find(in: output)
        #expect(files.map(\.name) == ["a b.png", ".._.._etc_passwd", "file"])
    }

    @Test func `a log is shown once, however often it comes`() {
        func log(_ content: String) -> TaskLogDTO {
            TaskLogDTO(
                id: "", taskID: "", createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), kind: .run,
                content: content)
        }
        var tail = LogTail()
        #expect(tail.fresh([log("one\n")]) == "one\n")
        #expect(tail.fresh([log("one\ntwo\n")]) == "two\n")
        #expect(tail.fresh([]) == "")
        #expect(tail.fresh([log("one\ntwo\n")]) == "")
    }
}
