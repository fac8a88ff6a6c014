namespace Microsoft.ML.Implicit.Training;

/// <summary>
/// The random numbers that <see cref="Random"/> gives for a seed, from a state that can be kept: Knuth's subtractive generator
/// xₙ = xₙ₋₅₅ − xₙ₋₃₄ (mod 2³¹ − 1) (The Art of Computer Programming, volume 2, section 3.2.2).
/// </summary>
internal sealed class ResumableRandom : Random, IResumable
{
    private const int Modulus = int.MaxValue;
    private const int Length = 55;
    private const int Lag = 21;
    private const int WarmUps = 4;
    private const int GoldenSection = 161803398;

    private readonly int[] _numbers = new int[Length];
    private int _next;

    public ResumableRandom(int seed)
    {
        // The differences of the seed are spread out, 21 places apart.
        int current = GoldenSection - (seed == int.MinValue ? int.MaxValue : Math.Abs(seed));
        int difference = 1;
        _numbers[^1] = current;
        for (int i = 1; i < Length; i++)
        {
            int place = (Lag * i % Length) - 1;
            _numbers[place] = difference;
            (difference, current) = (Reduced(current - difference), difference);
        }

        for (int warmUp = 0; warmUp < WarmUps; warmUp++)
        {
            for (int i = 0; i < Length; i++)
            {
                _numbers[i] = Reduced(_numbers[i] - _numbers[(i + 31) % Length]);
            }
        }
    }

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(_next);
        foreach (int number in _numbers)
        {
            writer.Write(number);
        }
    }

    public void ReadState(BinaryReader reader)
    {
        _next = reader.ReadInt32();
        for (int i = 0; i < Length; i++)
        {
            _numbers[i] = reader.ReadInt32();
        }

        if (_next is < 0 or >= Length || Array.Exists(_numbers, number => number < 0))
        {
            throw new FormatException("The file holds an impossible state of a generator of random numbers.");
        }
    }

    // All that is drawn from a range within Int32, and all shuffling, comes through here.
    protected override double Sample()
    {
        int number = _numbers[_next] - _numbers[(_next + Lag) % Length];
        number = Reduced(number == Modulus ? number - 1 : number);
        _numbers[_next] = number;
        _next = (_next + 1) % Length;
        return number * (1.0 / Modulus);
    }

    private static int Reduced(int number) => number < 0 ? number + Modulus : number;
}
