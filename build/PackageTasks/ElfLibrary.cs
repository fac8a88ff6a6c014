using System.Text;

namespace Microsoft.ML.Implicit.Tasks;

/// <summary>
/// A 64-bit little-endian ELF library in memory ("System V Application Binary Interface", chapters 4 and 5;
/// "Linux Standard Base Core, generic", symbol versioning).
/// </summary>
internal sealed class ElfLibrary
{
    private const int DynamicSymbols = 11; // SHT_DYNSYM
    private const int Relocations = 4; // SHT_RELA
    private const int SymbolVersions = 0x6fffffff; // SHT_GNU_versym
    private const int VersionRequirements = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakVersion = 2; // VER_FLG_WEAK

    private readonly byte[] _image;
    private readonly Section[] _sections;

    public ElfLibrary(byte[] image)
    {
        byte[] identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (!image.Take(identification.Length).SequenceEqual(identification))
        {
            throw new InvalidDataException("Expected a 64-bit little-endian ELF library.");
        }

        _image = image;
        long table = BitConverter.ToInt64(image, 0x28);
        int size = UInt16(0x3a);
        _sections = [.. Enumerable.Range(0, UInt16(0x3c)).Select(i => new Section(image, checked((int)(table + (i * size)))))];
    }

    /// <summary>
    /// Makes optional the versions of another library that no relocation uses. The dynamic loader refuses a library
    /// for a required version that is missing even where nothing is bound to it.
    /// </summary>
    /// <returns>The versions that were required before.</returns>
    public IReadOnlyList<string> RelaxUnusedRequirements(string provider)
    {
        HashSet<int> used = VersionsInUse();
        List<string> relaxed = [];
        foreach (Section section in _sections.Where(section => section.Type == VersionRequirements))
        {
            int strings = _sections[section.Link].Offset;
            foreach (int need in Chain(section.Offset, next: 12))
            {
                if (String(strings + Int32(need + 4)) != provider)
                {
                    continue;
                }

                foreach (int version in Chain(need + Int32(need + 8), next: 12))
                {
                    ushort flags = UInt16(version + 4);
                    if ((flags & WeakVersion) == 0 && !used.Contains(UInt16(version + 6)))
                    {
                        BitConverter.GetBytes((ushort)(flags | WeakVersion)).CopyTo(_image, version + 4);
                        relaxed.Add(String(strings + Int32(version + 8)));
                    }
                }
            }
        }

        return relaxed;
    }

    private HashSet<int> VersionsInUse()
    {
        const int entrySize = 24;
        int symbols = Array.FindIndex(_sections, section => section.Type == DynamicSymbols);
        int versions = _sections.FirstOrDefault(section => section.Type == SymbolVersions)?.Offset ?? 0;
        HashSet<int> used = [];
        foreach (Section section in _sections.Where(section => section.Type == Relocations && section.Link == symbols))
        {
            for (int entry = section.Offset; entry < section.Offset + section.Size; entry += entrySize)
            {
                int symbol = Int32(entry + 12);
                used.Add(UInt16(versions + (2 * symbol)) & 0x7fff);
            }
        }

        return used;
    }

    // Entries that each hold the distance to the next, 0 in the last.
    private IEnumerable<int> Chain(int entry, int next)
    {
        int distance;
        do
        {
            yield return entry;
            distance = Int32(entry + next);
            entry += distance;
        }
        while (distance != 0);
    }

    private ushort UInt16(int offset) => BitConverter.ToUInt16(_image, offset);

    private int Int32(int offset) => BitConverter.ToInt32(_image, offset);

    private string String(int offset) => Encoding.ASCII.GetString(_image, offset, Array.IndexOf(_image, (byte)0, offset) - offset);

    private sealed class Section(byte[] image, int header)
    {
        public int Type { get; } = BitConverter.ToInt32(image, header + 0x04);

        public int Offset { get; } = checked((int)BitConverter.ToInt64(image, header + 0x18));

        public int Size { get; } = checked((int)BitConverter.ToInt64(image, header + 0x20));

        public int Link { get; } = BitConverter.ToInt32(image, header + 0x28);
    }
}
