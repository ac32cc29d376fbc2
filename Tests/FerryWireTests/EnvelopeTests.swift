// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Envelopes and errors")
struct EnvelopeTests {
    @Test("the client's generation decides the wrapping")
    func choice() {
        #expect(Envelope(apiVersion: nil, isProxied: false) == .superset)
        #expect(Envelope(apiVersion: "1", isProxied: false) == .superset)
        #expect(Envelope(apiVersion: "", isProxied: false) == .superset)
        #expect(Envelope(apiVersion: "2", isProxied: false) == .bare)
        #expect(Envelope(apiVersion: nil, isProxied: true) == .bare)
        #expect(Envelope.bare.wrap(["a": 1], status: 200) == ["a": 1])
        #expect(
            Envelope.superset.wrap(["a": 1], status: 201).description
                == #"{"success":true,"status":201,"data":{"a":1},"messages":[]}"#)
    }

    @Test(
        "bodies of all three generations are unwrapped",
        arguments: [
            #"{"success":true,"status":200,"data":{"id":"x"}}"#, #"{"data":{"id":"x"},"messages":[]}"#,
            #"{"data":{"id":"x"}}"#, #"{"id":"x"}"#, #"{"success":true,"status":200,"data":{"id":"x"},"messages":[]}"#,
            #"{"data":{"id":"x"},"messages":[{"level":"info","code":"c","message":"m"}],"later":1}"#,
        ])
    func unwrapping(text: String) throws {
        #expect(try Envelope.unwrap(json(text)) == ["id": "x"])
    }

    @Test(
        "what is no envelope stays whole",
        arguments: [
            "[]", "[{\"data\":1}]", "null", "1", #"{"id":"x","data":{"a":1}}"#, #"{"data":{"a":1},"fields":["a"]}"#,
            #"{"success":true}"#, #"{"event":"delta","data":{}}"#, #"{"success":"yes","data":1}"#,
        ])
    func bare(text: String) throws {
        #expect(try Envelope.unwrap(json(text)) == json(text))
    }

    @Test("whatever is wrapped is unwrapped")
    func roundTrip() {
        var random = SeededGenerator(seed: 16)
        for _ in 0..<500 {
            let value = random.json(depth: 3)
            #expect(Envelope.unwrap(Envelope.superset.wrap(value, status: 200)) == value)
        }
        for value in [nil, [], "x", ["data": 1], ["data": ["data": 2], "success": true]] as [JSONValue] {
            #expect(Envelope.unwrap(Envelope.superset.wrap(value, status: 200)) == value)
        }
    }

    @Test("a problem carries the members of new and old clients, and comes back")
    func problems() throws {
        let problem = ProblemDetails(status: 422, code: "validation_error", title: "Bad input", detail: "say \"more\"")
        let object = problem.json
        #expect(object["type"] == "https://api.inference.sh/errors/validation_error")
        #expect(object["status"] == 422)
        #expect(object["success"] == false)
        #expect(object["error"] == ["code": "validation_error", "message": "say \"more\""])
        #expect(try ProblemDetails(json: object) == problem)
    }

    @Test(
        "the error forms of older servers are read",
        arguments: [
            (#"{"success":false,"status":404,"error":{"code":"not_found","message":"no"}}"#, 404, "not_found", "no"),
            (#"{"error":"broken"}"#, 0, "", "broken"), (#"{"message":"m"}"#, 0, "", "m"),
            (#"{"type":"https://x/errors/a_b","title":"T","status":400}"#, 400, "a_b", "T"),
            (#"{"type":"about:blank","title":"Gone","detail":"d","status":410}"#, 410, "about:blank", "d"),
            (#"{"detail":"d","error":{"code":"c","message":"m"},"status":"x"}"#, 0, "c", "d"),
            (#"{"type":5,"title":[],"detail":"d"}"#, 0, "", "d"),
        ])
    func legacyProblems(text: String, status: Int, code: String, detail: String) throws {
        let problem = try ProblemDetails(json: json(text))
        #expect(problem.status == status)
        #expect(problem.code == code)
        #expect(problem.detail == detail)
    }

    @Test("what is no problem is refused", arguments: ["{}", "[]", "null", "\"x\"", #"{"id":1}"#, #"{"status":500}"#])
    func noProblems(text: String) throws {
        let value = try json(text)
        #expect(throws: WireFormatError.self) { try ProblemDetails(json: value) }
    }
}
