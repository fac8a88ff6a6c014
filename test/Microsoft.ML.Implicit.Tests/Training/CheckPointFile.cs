using System.Security.Cryptography;

namespace Microsoft.ML.Implicit.Tests.Training;

/// <summary>Alters check points of training as a program would that knows their format.</summary>
internal static class CheckPointFile
{
    private const int DigestStart = 8;

    public const int PayloadStart = DigestStart + SHA256.HashSizeInBytes;

    /// <summary>Puts a value into the payload, and makes the digest right again.</summary>
    public static byte[] Alter(byte[] file, int offset, byte[] value)
    {
        byte[] altered = [.. file];
        value.CopyTo(altered, offset);
        SHA256.HashData(altered.AsSpan(PayloadStart)).CopyTo(altered, DigestStart);
        return altered;
    }
}
