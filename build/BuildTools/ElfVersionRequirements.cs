using System.Buffers.Binary;
using System.Text;

namespace BuildTools;

/// <summary>
/// Marks one version requirement of a 64-bit little-endian ELF library as weak, so that the dynamic loader
/// accepts a host that lacks it ("Linux Standard Base Core, generic": symbol versioning, Elfxx_Vernaux).
/// </summary>
internal static class ElfVersionRequirements
{
    private const uint VersionRequirementSection = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakVersion = 2; // VER_FLG_WEAK

    /// <summary>Relaxes the requirement in place unless this host's libstdc++ meets it; the file's time stamp is kept.</summary>
    public static void RelaxUnmet(string library, string version)
    {
        if (HostProvides(version))
        {
            return;
        }

        byte[] image = File.ReadAllBytes(library);
        if (MarkWeak(image, version))
        {
            DateTime time = File.GetLastWriteTimeUtc(library);
            File.WriteAllBytes(library, image);
            File.SetLastWriteTimeUtc(library, time);
            Console.WriteLine($"{Path.GetFileName(library)}: this host has no {version}; the requirement is now weak.");
        }
    }

    private static bool HostProvides(string version)
    {
        string[] folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib/x86_64-linux-gnu", "/lib64"];
        string? host = folders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        byte[] needle = [.. Encoding.ASCII.GetBytes(version), 0];
        return host is not null && File.ReadAllBytes(host).AsSpan().IndexOf(needle) >= 0;
    }

    private static bool MarkWeak(byte[] image, string version)
    {
        ReadOnlySpan<byte> elf64LittleEndian = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (!image.AsSpan().StartsWith(elf64LittleEndian))
        {
            throw new InvalidDataException("Expected a 64-bit little-endian ELF library.");
        }

        long sections = ReadInt64(image, 0x28);
        int sectionSize = ReadUInt16(image, 0x3a);
        int sectionCount = ReadUInt16(image, 0x3c);
        bool changed = false;
        for (int i = 0; i < sectionCount; i++)
        {
            int header = checked((int)(sections + (i * sectionSize)));
            if (ReadUInt32(image, header + 4) != VersionRequirementSection)
            {
                continue;
            }

            int strings = (int)ReadInt64(image, checked((int)sections + ((int)ReadUInt32(image, header + 0x28) * sectionSize) + 0x18));
            changed |= MarkWeak(image, (int)ReadInt64(image, header + 0x18), strings, version);
        }

        return changed;
    }

    private static bool MarkWeak(byte[] image, int need, int strings, string version)
    {
        bool changed = false;
        for (uint nextNeed = 1; nextNeed != 0; need += (int)nextNeed)
        {
            nextNeed = ReadUInt32(image, need + 12);
            int entry = need + (int)ReadUInt32(image, need + 8);
            for (uint nextEntry = 1; nextEntry != 0; entry += (int)nextEntry)
            {
                nextEntry = ReadUInt32(image, entry + 12);
                ushort flags = ReadUInt16(image, entry + 4);
                if (ReadString(image, strings + (int)ReadUInt32(image, entry + 8)) == version && (flags & WeakVersion) == 0)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(entry + 4), (ushort)(flags | WeakVersion));
                    changed = true;
                }
            }
        }

        return changed;
    }

    private static ushort ReadUInt16(byte[] image, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(offset));

    private static uint ReadUInt32(byte[] image, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(offset));

    private static long ReadInt64(byte[] image, int offset) => BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(offset));

    private static string ReadString(byte[] image, int offset)
    {
        int length = image.AsSpan(offset).IndexOf((byte)0);
        return Encoding.ASCII.GetString(image, offset, length);
    }
}
