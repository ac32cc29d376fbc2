// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Messages about files and keys")
struct FileDTOTests {
    private func partial(_ text: String) throws -> PartialFile { try PartialFile(json: json(text)) }

    @Test("sizes are integers without sign, in one reading (rows 51 to 55)")
    func sizes() throws {
        for text in ["-1", "-9223372036854775808", "9223372036854775808", "1.5", "\"1\"", "true", "[]", "1e30"] {
            let error = #expect(throws: WireFormatError.self, "\(text)") { try partial("{\"size\":\(text)}") }
            #expect(error?.pointer.description == "/size")
        }
        for text in ["1e400", "NaN", "+1", "01", "0x1"] {
            #expect(throws: JSONSyntaxError.self, "\(text)") { try partial("{\"size\":\(text)}") }
        }
        #expect(try partial(#"{"size":9223372036854775807}"#).size == .max)
        #expect(try partial(#"{"size":1e3}"#).size == 1000)
        #expect(try partial(#"{"size":1.0}"#).size == 1)
        #expect(try partial(#"{"size":0}"#).size == 0)
        #expect(try partial(#"{"size":null}"#).size == nil)
        #expect(try partial("{}").size == nil)
    }

    @Test("unknown members are ignored, wrong types are named (row 73)")
    func tolerance() throws {
        let file = try partial(#"{"uri":"","filename":"a","content_type":null,"public":true,"new":{"x":[1]}}"#)
        #expect(file == PartialFile(filename: "a", isPublic: true))
        for (text, pointer) in [
            (#"{"filename":1}"#, "/filename"), (#"{"public":"true"}"#, "/public"), (#"{"public":1}"#, "/public"),
            (#"{"path":[]}"#, "/path"), (#"{"content_type":{}}"#, "/content_type"),
        ] {
            let error = #expect(throws: WireFormatError.self) { try partial(text) }
            #expect(error?.pointer.description == pointer)
        }
        let list = #expect(throws: WireFormatError.self) {
            try CreateFilesRequest(json: json(#"{"files":[{},{"size":-5}]}"#))
        }
        #expect(list?.pointer.description == "/files/1/size")
        for text in ["[]", "{}", #"{"files":{}}"#, #"{"files":null}"#, #"{"files":[1]}"#] {
            #expect(throws: WireFormatError.self, "\(text)") { try CreateFilesRequest(json: json(text)) }
        }
    }

    @Test("each message comes back as it was sent")
    func roundTrips() throws {
        let file = FileDTO(
            id: Identifier.random(), createdAt: Timestamp(microseconds: 1_234_567), updatedAt: Timestamp(seconds: 9),
            userID: "u", teamID: "t", visibility: "public", path: "/p", uploadURL: "https://u", uri: "inf://files/x",
            url: "https://d", contentType: "image/png", size: .max, filename: "é.png", category: "c", sha256: "ab")
        #expect(try FileDTO(json: JSONValue(parsing: file.json.serialized())) == file)
        #expect(file.isPublic)
        let bare = FileDTO(
            id: "x", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 1), uri: "", contentType: "a/b",
            size: 0, filename: "")
        #expect(try FileDTO(json: bare.json) == bare)
        let request = CreateFilesRequest(
            files: [PartialFile(), PartialFile(filename: "", contentType: "a/b", path: "p", size: 0, isPublic: false)],
            category: "c")
        #expect(try CreateFilesRequest(json: request.json) == request)
        let reference = FileRef(uri: "inf://x", filename: "f", contentType: "a/b", id: "i", size: 3)
        #expect(try FileRef(json: reference.json) == reference)
        #expect(throws: WireFormatError.self) { try FileRef(json: ["filename": "f"]) }
        let key = KeyDTO(
            id: "i", name: "n", team: "t", scopes: ["a", "b"], createdAt: Timestamp(seconds: 4),
            revokedAt: Timestamp(seconds: 5), key: "inf_x")
        #expect(try KeyDTO(json: key.json) == key)
        #expect(try KeyDTO(json: ["id": "i"]).scopes == [])
        let create = CreateKeyRequest(name: "n", team: "t", scopes: [])
        #expect(try CreateKeyRequest(json: create.json) == create)
        #expect(try CreateKeyRequest(json: [:]) == CreateKeyRequest(name: ""))
    }

    @Test("a file's record has every member that strict readers need")
    func requiredMembers() {
        let file = FileDTO(
            id: Identifier.random(), createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 1), uri: "",
            contentType: "a/b", size: 1, filename: "f")
        for name in [
            "id", "short_id", "created_at", "updated_at", "deleted_at", "user_id", "team_id", "user", "team",
            "visibility", "path", "remote_path", "upload_url", "uri", "content_type", "size", "filename", "category",
            "rating",
        ] {
            #expect(file.json[name] != nil, "\(name)")
        }
        #expect(file.json["short_id"]?.stringValue == Identifier.short(file.id))
        #expect(file.json["size"] == 1)
    }

    @Test("a list's request reads zero values as defaults, and names what it does not know")
    func lists() throws {
        #expect(try CursorListRequest(json: [:]) == CursorListRequest())
        #expect(
            try CursorListRequest(json: json(#"{"cursor":"","limit":0,"direction":"","filters":null,"search":{}}"#))
                == CursorListRequest())
        let request = CursorListRequest(
            cursor: "c+/=", limit: 5, direction: "prev",
            filters: [
                ListFilter(field: "size", operation: .gt, value: 5),
                ListFilter(field: "id", operation: .in, value: ["a"]),
            ])
        #expect(try CursorListRequest(json: request.json) == request)
        let error = #expect(throws: WireFormatError.self) {
            try CursorListRequest(json: json(#"{"filters":[{"field":"a","operator":"regex","value":1}]}"#))
        }
        #expect(error?.pointer.description == "/filters/0/operator")
        #expect(throws: WireFormatError.self) { try ListFilter(json: ["operator": "eq"]) }
        let page = CursorPage(
            items: [FileRef(uri: "a", filename: "b", contentType: "c/d")], nextCursor: "n", previousCursor: "p",
            hasNext: true, hasPrevious: false, itemsPerPage: 10)
        let back = try CursorPage<FileRef>(json: page.json)
        #expect(back.items == page.items)
        #expect(back.nextCursor == "n")
        #expect(back.previousCursor == "p")
        #expect(back.hasNext)
        #expect(!back.hasPrevious)
        #expect(back.itemsPerPage == 10)
        #expect(try CursorPage<FileRef>(json: ["items": nil]).items == [])
    }
}
