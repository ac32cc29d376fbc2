// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryClient

@Suite struct ConfigurationTests {
    @Test func `key and address come from the environment`() throws {
        let configuration = try FerryConfiguration(environment: [
            "INFERENCE_API_KEY": "inf_one", "INFSH_API_KEY": "inf_two", "INFERENCE_BASE_URL": "http://localhost:1",
        ])
        #expect(configuration.apiKey == "inf_one")
        #expect(configuration.baseURL == "http://localhost:1")
    }

    @Test func `the other key variable and the hosted address stand in`() throws {
        let configuration = try FerryConfiguration(environment: ["INFERENCE_API_KEY": "", "INFSH_API_KEY": "inf_two"])
        #expect(configuration.apiKey == "inf_two")
        #expect(configuration.baseURL == "https://api.inference.sh")
        #expect(try FerryConfiguration(environment: [:]).apiKey == nil)
    }

    @Test func `no description of a key shows it`() {
        let key = APIKey("inf_very_secret")
        var dumped = ""
        dump(key, to: &dumped)
        let configuration = FerryConfiguration(apiKey: key)
        var dumpedWhole = ""
        dump(configuration, to: &dumpedWhole)
        for text in ["\(key)", "\(key as Any)", String(reflecting: key), dumped, dumpedWhole, "\(configuration)"] {
            #expect(!text.contains("very_secret"))
        }
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "ключ", "a\u{0}"])
    func `a key that no header can carry is refused`(key: String) {
        #expect(throws: FerryError.self) { try Ferry(configuration: FerryConfiguration(apiKey: APIKey(key))) }
    }

    @Test(arguments: ["", "api.inference.sh", "ftp://a", "http://", "http://u:p@a", "http://a:99999", "http://a?x=1"])
    func `an address that is none is refused without being shown`(url: String) {
        let error = #expect(throws: FerryError.self) { try Ferry(configuration: FerryConfiguration(baseURL: url)) }
        #expect(error?.code == .invalidInput)
    }

    @Test func `proxies are read in either case with the lower case first`() throws {
        let settings = try ProxySettings(environment: [
            "HTTP_PROXY": "http://upper:1", "http_proxy": "http://lower:2", "HTTPS_PROXY": "user:pass%40@proxy:3128",
        ])
        #expect(settings.http?.host == "lower")
        #expect(settings.http?.port == 2)
        #expect(settings.https?.host == "proxy")
        #expect(settings.https?.username == "user")
        #expect(settings.https?.password == "pass@")
        #expect(!"\(settings)".contains("pass@"))
    }

    @Test func `loopback is never proxied and the bypass list holds`() throws {
        let settings = try ProxySettings(environment: [
            "http_proxy": "http://proxy:1", "https_proxy": "http://proxy:1",
            "no_proxy": "example.com, .internal,10.0.0.7,special:8080,[fd00::1]",
        ])
        func isProxied(_ url: String) throws -> Bool {
            settings.endpoint(for: try #require(WebAddress(url))) != nil
        }
        for url in [
            "http://localhost:8787", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:80", "https://a.localhost",
            "https://example.com", "https://sub.example.com", "http://deep.sub.internal", "http://10.0.0.7",
            "http://special:8080",
        ] {
            #expect(try !isProxied(url), "\(url)")
        }
        for url in [
            "https://notexample.com", "http://10.0.0.70", "http://special:81", "http://127.0.0.1.example.org",
            "http://128.0.0.1",
        ] {
            #expect(try isProxied(url), "\(url)")
        }
        let all = try ProxySettings(environment: ["http_proxy": "http://proxy:1", "NO_PROXY": "*"])
        #expect(all.endpoint(for: try #require(WebAddress("http://example.org"))) == nil)
    }

    @Test func `a proxy that cannot be used is an error that does not show it`() {
        let error = #expect(throws: FerryError.self) {
            try ProxySettings(environment: ["HTTPS_PROXY": "https://user:hidden@proxy:1"])
        }
        #expect(error?.message.contains("HTTPS_PROXY") == true)
        #expect(error?.message.contains("hidden") == false)
    }

    @Test func `a missing certificate file is an error at once`() {
        let error = #expect(throws: FerryError.self) {
            try Ferry(configuration: FerryConfiguration(caFile: "/nonexistent/ca.pem"))
        }
        #expect(error?.message.contains("/nonexistent/ca.pem") == true)
    }

    @Test func `a client that is never shut down goes away quietly`() throws {
        for _ in 0..<20 { _ = try Ferry(configuration: FerryConfiguration(apiKey: "k")) }
    }

    @Test func `a client can be shut down twice and then refuses to work`() async throws {
        let ferry = try Ferry(configuration: FerryConfiguration(apiKey: "k", baseURL: "http://127.0.0.1:9"))
        try await ferry.shutdown()
        try await ferry.shutdown()
        let error = await ferryError { _ = try await ferry.health() }
        #expect(error?.code == .closed)
    }
}

@Suite struct WebAddressTests {
    @Test func `an address is taken apart`() throws {
        let address = try #require(WebAddress("HTTPS://Example.COM:8443/a/b?x=1&y=2#part"))
        #expect(address.isSecure)
        #expect(address.host == "example.com")
        #expect(address.port == 8443)
        #expect(address.path == "/a/b")
        #expect(address.query == "x=1&y=2")
        #expect(address.text == "https://example.com:8443/a/b?x=1&y=2")
        #expect("\(address)" == "https://example.com:8443/a/b")
    }

    @Test(arguments: [
        "http://a b/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://a:0/", "http://a:+80/",
        "http://a:/",
        "javascript:alert(1)", "file:///etc/passwd", "//a/b", "http:/a", "http://[::1", "http://a\u{0}/",
        "http://[]/", "http://user@a/",
    ])
    func `what is no plain http address is refused`(text: String) { #expect(WebAddress(text) == nil) }

    @Test(arguments: [
        ("http://x/y", "http://x/y"), ("//other/z", "https://other/z"), ("/abs?q=1", "https://h:1/abs?q=1"),
        ("rel", "https://h:1/a/rel"), ("../up", "https://h:1/up"), ("./same", "https://h:1/a/same"),
        ("?q", "https://h:1/a/b?q"), ("", "https://h:1/a/b?old"), ("../../../x", "https://h:1/x"),
        ("/a/./b/../c", "https://h:1/a/c"), ("x:y/z", nil), ("mailto:a@b", nil),
    ])
    func `references are resolved`(reference: String, expected: String?) throws {
        let base = try #require(WebAddress("https://h:1/a/b?old"))
        #expect(base.resolving(reference)?.text == expected)
    }

    @Test func `a base with a path or a slash at its end keeps one slash`() throws {
        for base in ["http://h/v1", "http://h/v1/", "http://h/v1//"] {
            #expect(try #require(WebAddress(base)).appending(path: "/files").text == "http://h/v1/files")
        }
        #expect(try #require(WebAddress("http://h")).appending(path: "/files").text == "http://h/files")
    }

    @Test func `an id is found in every way a file is named`() throws {
        let base = try #require(WebAddress("http://h:1/v1"))
        for text in [
            fileID, "inf://files/\(fileID)", "inf://files/\(fileID)/a%20b.png", "inf-files://\(fileID)/x",
            "http://h:1/content/\(fileID)/a.png?expires=1&signature=s", "http://h:1/v1/content/\(fileID)/a.png",
        ] {
            #expect(try FileReferences.id(in: text, base: base) == fileID, "\(text)")
        }
        #expect(try FileReferences.id(in: "inf://files/2khet8d1p6z26krbtvn9d7rkth", base: base).utf8.count == 26)
        let foreign = ["http://other/content/\(fileID)/a.png", "inf://files/", "inf://other/\(fileID)"]
        for text in ["", "../x", "a/b"] + foreign {
            #expect(throws: FerryError.self) { try FileReferences.id(in: text, base: base) }
        }
    }

    @Test(arguments: [
        ("https://u:secret@example.com/x.png", "\"https://…@example.com/x.png\""),
        ("https://u:secret@example.com", "\"https://…@example.com\""),
        ("ftp://u:se@cret@example.com/a@b?token=secret", "\"ftp://…@example.com/a@b\""),
        ("https://example.com:99999/x#secret", "\"https://example.com:99999/x\""),
        ("mail me@example.com", "\"mail me@example.com\""),
    ]) func `what is no address of ours is shown without its secrets`(text: String, shown: String) {
        #expect(FileReferences.shown(text) == shown)
    }
}
