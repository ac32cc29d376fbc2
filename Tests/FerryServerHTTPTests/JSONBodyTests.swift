// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct JSONBodyTests {
    private let json = [("Content-Type", "application/json")]

    @Test func `an empty body counts as an empty object`() async throws {
        try await withTestServer { server in
            _ = try await server.makeRecord()
            for body in ["", " ", "\r\n", "{}"] {
                for target in ["/files/list", "/tasks/list", "/apps/list"] {
                    let response = try await server.ask("POST", target, headers: json, body: body)
                    #expect(response.status == 200, "\(target)")
                    #expect(response.data["items"]?.arrayValue != nil)
                }
            }
            let chunked = try await server.ask(
                "POST", "/files/list", headers: json + [("Transfer-Encoding", "chunked")], raw: "0\r\n\r\n")
            #expect(chunked.data["items"]?.arrayValue?.count == 1)
            let none = try await server.ask("POST", "/files/list", headers: json)
            #expect(none.status == 200)
        }
    }

    @Test(arguments: [
        "{", "[1,2", "{\"files\":[{}],}", "\u{FEFF}{}", "{\"files\":[{\"size\":NaN}]}", "{'files':[]}",
        "{\"files\":[],\"files\":[{}]}", "{\"files\":[{\"filename\":\"\\ud800\"}]}", "{\"files\":[{\"size\":1e400}]}",
        "{} {}", "nonsense", "{\"files\":[{\"size\":01}]}",
    ])
    func `what is no JSON is a 400`(body: String) async throws {
        try await withTestServer { server in
            let response = try await server.ask("POST", "/files", headers: json, body: body)
            #expect(response.status == 400)
            #expect(response.code == "invalid_request")
            #expect(try await server.ask("GET", "/files").data["items"] == [])
        }
    }

    @Test func `bytes that are no UTF-8 are a 400`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            let body = Array("{\"files\":[{\"filename\":\"".utf8) + [0xFF, 0xFE] + Array("\"}]}".utf8)
            try await client.send(server.head("POST", "/files", headers: [("Content-Length", "\(body.count)")]))
            try await client.send(body)
            #expect(try await client.response().status == 400)
        }
    }

    @Test(arguments: ["[", "{\"a\":"])
    func `a hundred thousand levels are a 400 and no crash`(open: String) async throws {
        try await withTestServer { server in
            let body = String(repeating: open, count: 100_000)
            let response = try await server.ask("POST", "/files", headers: json, body: body)
            #expect(response.status == 400)
            #expect(response.code == "invalid_request")
            #expect(try await server.ask("GET", "/health").status == 200)
        }
    }

    @Test(arguments: [
        ("{\"files\":[{\"size\":-1}]}", "size"), ("{\"files\":[{\"size\":9223372036854775807}]}", "/files/0/size"),
        ("{\"files\":[{\"size\":9223372036854775808}]}", "/files/0/size"),
        ("{\"files\":[{\"size\":\"1\"}]}", "/files/0/size"),
        ("{\"files\":[{\"size\":1.5}]}", "/files/0/size"), ("{\"files\":{}}", "/files"), ("{}", "/files"),
        ("[]", "object"),
        ("{\"files\":[5]}", "/files/0"), ("{\"files\":[]}", "/files"),
        ("{\"files\":[{\"public\":\"yes\"}]}", "/files/0/public"),
        ("{\"files\":[{\"filename\":\"a\\u0000.png\"}]}", "/files/0/filename"),
        ("{\"files\":[{\"filename\":\"a\\r\\nSet-Cookie: x=1\"}]}", "/files/0/filename"),
    ])
    func `well-formed JSON that makes no sense is a 422 that names the place`(body: String, place: String) async throws
    {
        try await withTestServer { server in
            let response = try await server.ask("POST", "/files", headers: json, body: body)
            #expect(response.status == 422, "\(response.text)")
            #expect(response.code == "validation_error")
            #expect(response.json["detail"]?.stringValue?.contains(place) == true, "\(response.text)")
            #expect(try await server.ask("GET", "/files").data["items"] == [])
        }
    }

    @Test func `numbers, nulls and unknown members are read as documented`() async throws {
        try await withTestServer { server in
            for (size, expected) in [("0", 0), ("1.0", 1), ("1e3", 1000), ("null", 0)] as [(String, Int64)] {
                let response = try await server.ask(
                    "POST", "/files", headers: json,
                    body: "{\"files\":[{\"size\":\(size),\"new\":{\"a\":[1]},\"uri\":\"\"}],\"category\":null}")
                #expect(response.data[0]?["size"] == .integer(expected), "\(size)")
            }
        }
    }

    @Test func `a body past the limit is refused as it comes`() async throws {
        try await withTestServer(limits: { $0.maximumRequestBody = 1000 }) { server in
            let long = "{\"files\":[{\"filename\":\"\(String(repeating: "x", count: 2000))\"}]}"
            let plain = try await server.ask("POST", "/files", headers: json, body: long)
            #expect(plain.status == 413)
            let client = try await server.connect()
            try await client.send(server.head("POST", "/files", headers: [("Transfer-Encoding", "chunked")]))
            try await client.send("7D0\r\n\(String(repeating: " ", count: 2000))\r\n")
            let chunked = try await client.response()
            #expect(chunked.status == 413)
            #expect(chunked.header("Connection") == "close")
            #expect(try await server.ask("GET", "/files").data["items"] == [])
        }
    }

    @Test(arguments: ["gzip", "br", "GZIP", "identity, gzip"])
    func `a compressed body is refused`(coding: String) async throws {
        try await withTestServer { server in
            let response = try await server.ask(
                "POST", "/files", headers: json + [("Content-Encoding", coding)], body: "{\"files\":[{}]}")
            #expect(response.status == 415)
            #expect(response.code == "unsupported_media_type")
            #expect(try await server.ask("GET", "/files").data["items"] == [])
        }
    }

    @Test func `ten thousand files in one request are refused by their number`() async throws {
        try await withTestServer { server in
            // None of them is a file: the number is looked at first.
            let body = "{\"files\":[" + String(repeating: "1,", count: 9999) + "1]}"
            let response = try await server.ask("POST", "/files", headers: json, body: body)
            #expect(response.status == 422)
            #expect(response.json["detail"]?.stringValue?.contains("at most 100") == true, "\(response.text)")
        }
    }

    @Test func `bodies without room are told to come back and those behind are served`() async throws {
        try await withTestServer(limits: {
            $0.maximumBodyMemory = 1 << 20
            $0.bodyMemoryWait = 100
        }) { server in
            // Two that never come to their end hold what is for large bodies.
            var slow: [RawClient] = []
            for _ in 0..<2 {
                let client = try await server.connect()
                try await client.send(server.head("POST", "/files", headers: [("Content-Length", "180000")]) + "{")
                slow.append(client)
            }
            try await eventually("they hold their shares") { server.activity.requestsUnderWay == 2 }
            let large = "{\"files\":[{\"filename\":\"\(String(repeating: "x", count: 90_000))\"}]}"
            try await eventually("there is no room") {
                let response = try await server.ask("POST", "/files", headers: json, body: large)
                if response.status == 503 { #expect(response.header("Retry-After") == "1") }
                return response.status == 503
            }
            // A small one does not wait for them.
            #expect(try await server.ask("POST", "/files", headers: json, body: "{\"files\":[{}]}").status == 200)
            for client in slow { await client.close() }
            try await eventually("there is room again") {
                try await server.ask("POST", "/files", headers: json, body: large).status == 422
            }
        }
    }

    @Test func `a body of more values than fit is refused`() async throws {
        try await withTestServer(limits: { $0.maximumBodyMemory = 1 << 20 }) { server in
            let body = "{\"files\":[" + String(repeating: "0,", count: 20_000) + "0]}"
            let response = try await server.ask("POST", "/files", headers: json, body: body)
            #expect(response.status == 413)
            #expect(try await server.ask("GET", "/health").status == 200)
        }
    }

    @Test func `ids that are none find nothing and reach nothing`() async throws {
        try await withTestServer { server in
            let other = try await server.post("/keys", ["name": "x", "team": "other"])
            let key = try #require(other.data["key"]?.stringValue)
            let record = try await server.upload("secret")
            let absent = try await server.ask("GET", "/files/\(Identifier.random())", key: key)
            for id in [
                record.id, "file_..%2Fx", "..%2f..%2fetc%2fpasswd", "%00", record.id.uppercased(), "%FF",
                String(repeating: "a", count: 10_240), "a%20b",
            ] {
                let response = try await server.ask("GET", "/files/\(id)", key: key)
                #expect(response.status == 404, "\(id)")
                if id == record.id { #expect(response.body == absent.body) }
                #expect(try await server.ask("DELETE", "/files/\(id)", key: key).status == 404)
            }
            #expect(try await server.ask("GET", "/files", key: key).data["items"] == [])
            #expect(try await server.ask("GET", "/files/\(record.id)").status == 200)
        }
    }

    @Test func `lists go by pages both as JSON and as a query`() async throws {
        try await withTestServer { server in
            for name in ["a.png", "b.txt", "c.png"] { _ = try await server.makeRecord(["filename": .string(name)]) }
            let filter: JSONValue = [["field": "content_type", "operator": "like", "value": "image/%"]]
            let first = try await server.post(
                "/files/list", ["limit": 1, "filters": filter, "cursor": "", "direction": "next", "sort": []])
            #expect(first.data["items"]?.arrayValue?.count == 1)
            #expect(first.data["has_next"] == true)
            #expect(first.data["items_per_page"] == 1)
            let cursor = try #require(first.data["next_cursor"]?.stringValue)
            let query = "limit=1&cursor=\(cursor)&filters=\(PercentEncoding.encode(filter.description))"
            let second = try await server.ask("GET", "/files?\(query)")
            #expect(second.data["has_next"] == false)
            #expect(second.data["items"]?[0]?["id"] != first.data["items"]?[0]?["id"])
            #expect(try await server.ask("GET", "/files?cursor=x\(cursor)").status == 422)
            #expect(try await server.ask("GET", "/files?limit=abc").status == 422)
        }
    }
}
