// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOSSL
import Testing

/// A certificate that vouches for itself, made by the openssl program and removed with this value.
final class TestCertificate: Sendable {
    private let folder: String

    /// A certificate of that name.
    init(name: String) throws {
        folder = FileManager.default.temporaryDirectory.path + "/ferry-certificate-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=DNS:\(name)"]
            + ["-keyout", "\(folder)/key.pem", "-out", path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "the openssl program makes no certificate")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The file of the certificate (PEM).
    var path: String { folder + "/certificate.pem" }

    /// What a server needs to show it.
    func context() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(path).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: folder + "/key.pem", format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }
}
