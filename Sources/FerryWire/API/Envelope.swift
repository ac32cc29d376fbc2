// SPDX-License-Identifier: Apache-2.0

/// How an answer's body is wrapped, by the generation of the client (three exist).
public enum Envelope: Sendable, Hashable {
    /// The bare value.
    case bare
    /// `{"success":true,"status":…,"data":…,"messages":[]}`: the union of the first and the third generation.
    case superset

    /// The wrapping for a request with these headers: bare for `X-API-Version: 2` and for `x-inf-proxy`.
    public init(apiVersion: String?, isProxied: Bool) {
        self = apiVersion == "2" || isProxied ? .bare : .superset
    }

    /// Wraps a value.
    public func wrap(_ data: JSONValue, status: Int) -> JSONValue {
        switch self {
        case .bare: data
        case .superset: ["success": true, "status": .integer(Int64(status)), "data": data, "messages": []]
        }
    }

    /// The value inside a body of any generation: `data` of an envelope, else the body itself.
    ///
    /// An envelope is an object with `data` beside `success` or `messages`, or with nothing but `data`; so a bare
    /// value that happens to have a member `data` is left whole.
    public static func unwrap(_ body: JSONValue) -> JSONValue {
        guard let object = body.objectValue, let data = object["data"] else { return body }
        let marked = object["success"]?.boolValue != nil || object["messages"] != nil || object.count == 1
        return marked ? data : body
    }
}
