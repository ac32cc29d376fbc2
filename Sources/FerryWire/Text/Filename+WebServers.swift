// SPDX-License-Identifier: Apache-2.0

extension Filename {
    /// Endings of what a web server runs or obeys.
    private static let endings: Set<String> = [
        "asa", "asax", "ascx", "ashx", "asmx", "asp", "aspx", "cer", "cfc", "cfm", "cgi", "config", "fcgi", "htaccess",
        "htpasswd", "jhtml", "jsp", "jspf", "jspx", "phar", "php", "php3", "php4", "php5", "php7", "php8", "phps",
        "pht", "phtml", "pl", "shtml", "stm",
    ]

    /// Whether a web server might run or obey a file of this name rather than serve it: one whose name begins with a
    /// dot, or has such an ending anywhere in it (`x.php.jpg`).
    package static func isForWebServers(_ name: String) -> Bool {
        guard name.utf8.first != UInt8(ascii: ".") else { return true }
        return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).dropFirst().contains {
            endings.contains(String(Substring($0)).lowercased())
        }
    }
}
