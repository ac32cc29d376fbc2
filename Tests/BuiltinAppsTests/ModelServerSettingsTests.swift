// SPDX-License-Identifier: Apache-2.0

import FerryApp
import Testing

@testable import ferry_builtin_apps

@Suite struct ModelServerSettingsTests {
    @Test func `without an address the failure names the variable and gives an example`() {
        for environment in [[:], ["OPENAI_BASE_URL": "  "]] {
            let failure = #expect(throws: AppFailure.self) { try ModelServerSettings { environment[$0] } }
            #expect(failure?.message.contains("FERRY_SECRET_OPENAI_BASE_URL") == true)
            #expect(failure?.message.contains("http://127.0.0.1:11434/v1") == true)
        }
    }

    @Test func `an address is taken with or without a slash at its end`() throws {
        for address in ["http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/", " http://127.0.0.1:1/v1//\n"] {
            let settings = try ModelServerSettings { ["OPENAI_BASE_URL": address, "OPENAI_MODEL": ""][$0] }
            #expect(settings.base == "http://127.0.0.1:1/v1" && settings.model == nil && settings.key == nil)
        }
    }

    @Test(
        arguments: [
            "127.0.0.1:1/v1", "ftp://host/v1", "http://", "http:///v1", "http://user:pass@host/v1",
            "http://host/v1?key=x",
            "http://host/ v1", "http://host/v1#x",
        ])
    func `any other address is refused and not shown`(address: String) {
        let failure = #expect(throws: AppFailure.self) {
            try ModelServerSettings { $0 == "OPENAI_BASE_URL" ? address : nil }
        }
        #expect(failure?.message.contains("FERRY_SECRET_OPENAI_BASE_URL is no address") == true)
        #expect(failure?.message.contains("pass") == false)
    }

    @Test func `a key that cannot stand in a header is refused and not shown`() {
        let failure = #expect(throws: AppFailure.self) {
            try ModelServerSettings { ["OPENAI_BASE_URL": "http://h/v1", "OPENAI_API_KEY": "a\nb-secret"][$0] }
        }
        #expect(failure?.message.contains("OPENAI_API_KEY") == true && failure?.message.contains("secret") == false)
    }
}
