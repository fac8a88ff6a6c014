namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Numbers that no program would have written, for places of a file that may hold any number.</summary>
internal static class Alterations
{
    private static readonly byte[][] Values =
    [
        BitConverter.GetBytes(float.NaN),
        BitConverter.GetBytes(float.PositiveInfinity),
        BitConverter.GetBytes(double.NaN),
        BitConverter.GetBytes(double.NegativeInfinity),
        BitConverter.GetBytes(-1),
        BitConverter.GetBytes(int.MaxValue),
        BitConverter.GetBytes(1_000_000),
        BitConverter.GetBytes(-1L),
        BitConverter.GetBytes(long.MaxValue / 2),
        [0xFF],
        [0x7F],
    ];

    /// <summary>Places and values, the same every time, with half of the places near the beginning, where files say how large things are.</summary>
    public static IEnumerable<(int Offset, byte[] Value)> Of(int start, int end, int count)
    {
        var random = new Random(1);
        for (int i = 0; i < count; i++)
        {
            byte[] value = Values[i % Values.Length];
            int last = Math.Max(start + 1, (i % 2 == 0 ? Math.Min(end, start + 200) : end) - value.Length);
            yield return (random.Next(start, last), value);
        }
    }
}
