// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite(.serialized) struct CLIFileTests {
    @Test func `a link fetches the file without a key, until it expires`() async throws {
        try await CLICommand.with { ferry in
            let uri = try await ferry("upload", "data:text/plain,linked", "--filename", "l.txt", "-q").line()
            let link = try await ferry("file", "link", uri, "--expires", "1h")
            #expect(link.status == 0, "\(link.errors)")
            #expect(link.errors.contains("ferry: works until "))
            #expect(try await Self.fetch(try link.line(), ferry) == "200 linked")
            let json = try await ferry("file", "link", uri, "--expires", "90", "--json").json()
            #expect(json["url"]?.stringValue?.hasPrefix("http://") == true)
            let seconds = try Self.seconds(until: json["expires_at"])
            #expect((60...91).contains(seconds))
            #expect(try await ferry("file", "link", uri, "-q").lines.count == 1)
            let missing = try await ferry("file", "link", Identifier.random())
            #expect(missing.status == 4)
            for time in ["0", "8d", "soon", "-1", ""] {
                #expect(try await ferry("file", "link", uri, "--expires=\(time)").status == 2, "\(time)")
            }
        }
    }

    /// What a plain GET without a key is answered: the status, and the content.
    private static func fetch(_ url: String, _ ferry: CLICommand) async throws -> String {
        let script = """
            import sys, urllib.error, urllib.request
            try:
                answer = urllib.request.urlopen(sys.argv[1])
            except urllib.error.HTTPError as error:
                answer = error
            print(answer.status, answer.read().decode())
            """
        let result = try await ferry.through("/usr/bin/env", ["python3", "-c", script, url])
        return String(result.text.dropLast())
    }

    private static func seconds(until value: JSONValue?) throws -> Double {
        let text = try #require(value?.stringValue)
        let time = try #require(Timestamp(rfc3339: text))
        return Double(time.microseconds) / 1e6 - Date().timeIntervalSince1970
    }

    @Test func `a public file's link does not expire, and works no more when it is private again`() async throws {
        try await CLICommand.with { ferry in
            let uri = try await ferry("upload", "data:text/plain,shown", "-q").line()
            let shown = try await ferry("file", "visibility", uri, "public", "--json")
            #expect(try shown.json()["visibility"] == "public")
            let link = try await ferry("file", "link", uri, "--json").json()
            #expect(link["expires_at"] == .null)
            let url = try #require(link["url"]?.stringValue)
            #expect(try await Self.fetch(url, ferry) == "200 shown")
            #expect(try await ferry("file", "visibility", uri, "private").status == 0)
            #expect(try await Self.fetch(url, ferry).hasPrefix("4"))
            #expect(try await ferry("file", "visibility", uri, "secret").status == 2)
        }
    }

    @Test func `a renamed file keeps its id and its addresses`() async throws {
        try await CLICommand.with { ferry in
            let uri = try await ferry("upload", "data:text/plain,x", "--filename", "old.txt", "-q").line()
            let renamed = try await ferry("file", "rename", uri, "写真 neu.txt", "--path", "/a//b/", "--json").json()
            #expect(renamed["filename"] == "写真 neu.txt")
            #expect(renamed["path"] == "/a/b")
            #expect(renamed["id"]?.stringValue == FileURI(uri)?.id)
            #expect(try await ferry("file", "get", uri, "--json").json()["filename"] == "写真 neu.txt")
            let moved = try await ferry("file", "rename", uri, "--path", "")
            #expect(moved.status == 0)
            #expect(moved.text.hasPrefix("写真 neu.txt  1 B  inf://files/"))
            #expect(try await ferry("file", "get", uri, "--json").json()["path"] == "")
            for arguments in [
                ["file", "rename", uri], ["file", "rename", uri, "a/b"], ["file", "rename", uri, ""],
                ["file", "rename", uri, "x", "--path", "../up"],
            ] {
                #expect(try await ferry.started(arguments).result().status == 2, "\(arguments)")
            }
            #expect(try await ferry("file", "rename", Identifier.random(), "x").status == 4)
        }
    }

    @Test func `a file can be made to vanish`() async throws {
        try await CLICommand.with { ferry in
            let up = try await ferry("upload", "data:text/plain,x", "--expires-in", "1h", "--json")
            #expect(up.status == 0, "\(up.errors)")
            let seconds = try Self.seconds(until: try up.json()["expires_at"])
            #expect((3_500...3_601).contains(seconds))
            let id = try #require(try up.json()["id"]?.stringValue)
            #expect(try await ferry("file", "get", id).text.contains("Expires:"))
        }
    }

    @Test func `lists take every comparison, a search and an order`() async throws {
        try await CLICommand.with { ferry in
            for (name, size) in [("b.txt", 2), ("a.png", 3), ("C.TXT", 1)] {
                _ = try ferry.folder.file(name, bytes: Array(repeating: 65, count: size))
            }
            #expect(try await ferry("upload", "b.txt", "a.png", "C.TXT").status == 0)
            for (arguments, expected) in [
                (["--sort", "size"], ["C.TXT", "b.txt", "a.png"]),
                (["--sort", "size:desc"], ["a.png", "b.txt", "C.TXT"]),
                (["--sort", "filename:asc", "--all"], ["C.TXT", "a.png", "b.txt"]),
                (["--search", "txt", "--sort", "size:asc"], ["C.TXT", "b.txt"]),
                (["--filter", "filename:ilike:%.txt", "--sort", "size"], ["C.TXT", "b.txt"]),
                (["--filter", "filename:contains:.p"], ["a.png"]),
                (["--filter", "filename:not_contains:.", "--all"], []),
                (["--filter", "size:gte:2", "--sort", "size"], ["b.txt", "a.png"]),
                (["--filter", "size:lte:1"], ["C.TXT"]),
                (["--filter", "size:not_in:1,2"], ["a.png"]),
                (["--filter", "path:is_not_empty"], []),
                (["--filter", "path:is_empty", "--filter", "size:lt:2"], ["C.TXT"]),
                (
                    ["--filter", "id:is_not_null", "--filter", "filename:neq:a.png", "--sort", "size"],
                    ["C.TXT", "b.txt"]
                ),
            ] {
                let list = try await ferry.started(["file", "list", "--json"] + arguments).result()
                #expect(list.status == 0, "\(arguments): \(list.text)")
                let names = try list.lines.map { try JSONValue(parsing: $0)["filename"]?.stringValue }
                #expect(names == expected, "\(arguments)")
            }
            for wrong in ["size:is_null:3", "size:gte", "size:about:1", "nothing"] {
                #expect(try await ferry("file", "list", "--filter", wrong).status == 2, "\(wrong)")
            }
            #expect(try await ferry("file", "list", "--sort", "size:up").status == 2)
            let unknown = try await ferry("file", "list", "--sort", "nothing")
            #expect(unknown.status == 6)
            #expect(unknown.errors.contains("--sort: unknown field; known are"))
        }
    }
}
