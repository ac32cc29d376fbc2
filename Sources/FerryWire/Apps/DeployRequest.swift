// SPDX-License-Identifier: Apache-2.0

/// The body of `POST /apps`: a new version of an app, made of files that were uploaded before.
public struct DeployRequest: JSONConvertible, Hashable {
    /// One file of the app's folder.
    public struct File: JSONConvertible, Hashable {
        /// Where it lies, relative to the folder, parted by `/`.
        public var path: String
        /// The stored file, `inf://files/<id>/<name>`.
        public var uri: String
        /// Whether it may be executed.
        public var isExecutable: Bool

        /// A file.
        public init(path: String, uri: String, isExecutable: Bool = false) {
            self.path = path
            self.uri = uri
            self.isExecutable = isExecutable
        }

        public init(json: JSONValue) throws(WireFormatError) {
            let reader = try JSONReader(json)
            path = try reader.required("path", try reader.string("path"))
            uri = try reader.required("uri", try reader.string("uri"))
            isExecutable = try reader.bool("executable") ?? false
        }

        public var json: JSONValue {
            ["path": .string(path), "uri": .string(uri), "executable": .bool(isExecutable)]
        }
    }

    /// Every file, `inf.yml` among them.
    public var files: [File]

    /// A request.
    public init(files: [File]) { self.files = files }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        files = try reader.required("files", try reader.list("files"))
    }

    public var json: JSONValue { ["files": .array(files.map(\.json))] }
}
