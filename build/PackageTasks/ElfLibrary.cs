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

    /// <summary>Versions of another library without which the dynamic loader refuses this one.</summary>
    public IEnumerable<string> RequiredVersions(string provider) =>
        Requirements(provider).Where(requirement => !requirement.IsWeak).Select(requirement => requirement.Version);

    /// <summary>Binds a symbol to an older version of it that its library still has; does nothing where either version is not required.</summary>
    public void Rebind(string provider, string symbol, string version, string olderVersion)
    {
        int from = Requirements(provider).FirstOrDefault(requirement => requirement.Version == version)?.Index ?? -1;
        int to = Requirements(provider).FirstOrDefault(requirement => requirement.Version == olderVersion)?.Index ?? -1;
        if (from < 0 || to < 0)
        {
            return;
        }

        const int symbolSize = 24;
        Section symbols = First(DynamicSymbols);
        int names = _sections[symbols.Link].Offset;
        for (int i = 0; i < symbols.Size / symbolSize; i++)
        {
            if (VersionOf(i) == from && String(names + Int32(symbols.Offset + (i * symbolSize))) == symbol)
            {
                Write(First(SymbolVersions).Offset + (2 * i), (ushort)to);
            }
        }
    }

    /// <summary>
    /// Makes optional the versions of another library that no relocation uses. The dynamic loader refuses a library
    /// for a required version that is missing even where nothing is bound to it.
    /// </summary>
    public void RelaxUnusedRequirements(string provider)
    {
        HashSet<int> used = VersionsInUse();
        foreach (Requirement requirement in Requirements(provider).Where(requirement => !used.Contains(requirement.Index)))
        {
            Write(requirement.Entry + 4, (ushort)(UInt16(requirement.Entry + 4) | WeakVersion));
        }
    }

    private IEnumerable<Requirement> Requirements(string provider)
    {
        Section section = First(VersionRequirements);
        int strings = _sections[section.Link].Offset;
        return
            from need in Chain(section.Offset, next: 12)
            where String(strings + Int32(need + 4)) == provider
            from entry in Chain(need + Int32(need + 8), next: 12)
            select new Requirement(entry, String(strings + Int32(entry + 8)), UInt16(entry + 6), (UInt16(entry + 4) & WeakVersion) != 0);
    }

    private HashSet<int> VersionsInUse()
    {
        const int entrySize = 24;
        int symbols = Array.FindIndex(_sections, section => section.Type == DynamicSymbols);
        return
        [
            .. from section in _sections
               where section.Type == Relocations && section.Link == symbols
               from i in Enumerable.Range(0, section.Size / entrySize)
               select VersionOf(Int32(section.Offset + (i * entrySize) + 12)),
        ];
    }

    private int VersionOf(int symbol) => UInt16(First(SymbolVersions).Offset + (2 * symbol)) & 0x7fff;

    private Section First(int type) => _sections.FirstOrDefault(section => section.Type == type)
        ?? throw new InvalidDataException($"The library has no section of type 0x{type:x}.");

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

    private void Write(int offset, ushort value) => BitConverter.GetBytes(value).CopyTo(_image, offset);

    private ushort UInt16(int offset) => BitConverter.ToUInt16(_image, offset);

    private int Int32(int offset) => BitConverter.ToInt32(_image, offset);

    private string String(int offset) => Encoding.ASCII.GetString(_image, offset, Array.IndexOf(_image, (byte)0, offset) - offset);

    private sealed class Requirement(int entry, string version, int index, bool isWeak)
    {
        public int Entry => entry;

        public string Version => version;

        public int Index => index;

        public bool IsWeak => isWeak;
    }

    private sealed class Section(byte[] image, int header)
    {
        public int Type { get; } = BitConverter.ToInt32(image, header + 0x04);

        public int Offset { get; } = checked((int)BitConverter.ToInt64(image, header + 0x18));

        public int Size { get; } = checked((int)BitConverter.ToInt64(image, header + 0x20));

        public int Link { get; } = BitConverter.ToInt32(image, header + 0x28);
    }
}
