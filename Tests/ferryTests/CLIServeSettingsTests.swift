// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import ferry

@Suite struct CLIServeSettingsTests {
    private static func settings(
        _ flags: [String: String] = [:], _ environment: [String: String] = [:], _ config: JSONValue = [:]
    ) throws -> ServeSettings {
        try ServeSettings(.init(flags: flags, environment: environment, config: config))
    }

    @Test func `where apps are and as whom they run is told by flag, variable or config, in this order`() throws {
        let config: JSONValue = ["serve": ["apps_dir": "/c", "app_user": "carl", "allow_deploy": true]]
        let told = try Self.settings([:], [:], config)
        #expect(told.appsDirectory == "/c")
        #expect(told.appUser == "carl")
        #expect(told.allowsDeployment)
        let environment = ["FERRY_APPS_DIR": "/e", "FERRY_APP_USER": "eve", "FERRY_ALLOW_DEPLOY": "false"]
        let surroundings = try Self.settings([:], environment, config)
        #expect(surroundings.appsDirectory == "/e")
        #expect(surroundings.appUser == "eve")
        #expect(!surroundings.allowsDeployment)
        let typed = try Self.settings(["apps-dir": "/f", "allow-deploy": "true"], environment, config)
        #expect(typed.appsDirectory == "/f")
        #expect(typed.allowsDeployment)
    }

    @Test func `nothing is deployed, and nobody else runs apps, unless told`() throws {
        let settings = try Self.settings()
        #expect(settings.appsDirectory == nil)
        #expect(settings.appUser == nil)
        #expect(!settings.allowsDeployment)
    }

    @Test(arguments: [["app-user": "-x"], ["app-user": "a b"], ["app-user": "a:b"], ["allow-deploy": "perhaps"]])
    func `settings that make no sense are refused`(flags: [String: String]) {
        #expect(throws: LocalFailure.self) { try Self.settings(flags) }
    }
}
