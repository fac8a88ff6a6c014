using Microsoft.ML.Implicit.Layers.Satisfiability;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about learned clauses before they can be read.</summary>
/// <param name="Bits">Bits of a row.</param>
/// <param name="Clauses">Clauses.</param>
/// <param name="Auxiliaries">Auxiliary variables.</param>
/// <param name="Mixing">How the relaxation is solved.</param>
internal sealed record SatisfiabilityArchitecture(int Bits, int Clauses, int Auxiliaries, MixingSettings Mixing)
{
    /// <summary>Sizes where the options leave them open: those by which Wang et al. (2019) learn 9 × 9 Sudoku, in proportion to the bits.</summary>
    public static SatisfiabilityArchitecture Choose(MaximumSatisfiabilityOptions options, int bits) => new(
        bits,
        options.ClauseCount ?? Math.Max(16, (int)(0.8 * bits)),
        options.AuxiliaryCount ?? Math.Max(8, (int)(0.4 * bits)),
        options.Mixing);

    public MaximumSatisfiability CreateLayer(Generator generator) => new(Bits, Clauses, Auxiliaries, generator, Mixing);

    public void Write(DocumentWriter writer)
    {
        writer.Write("bits", Bits);
        writer.Write("clauses", Clauses);
        writer.Write("auxiliaries", Auxiliaries);
        writer.Write("maximum_sweeps", Mixing.MaximumSweeps);
        writer.Write("tolerance", Mixing.Tolerance);
    }

    /// <exception cref="FormatException">It is impossible, or larger than the file.</exception>
    public static SatisfiabilityArchitecture Read(DocumentReader reader)
    {
        var mixing = new MixingSettings { MaximumSweeps = reader.Int32("maximum_sweeps"), Tolerance = reader.Double("tolerance") };
        var architecture = new SatisfiabilityArchitecture(reader.Int32("bits"), reader.Int32("clauses"), reader.Int32("auxiliaries"), mixing);
        long variables = 1L + architecture.Bits + architecture.Auxiliaries;
        bool isPossible = architecture is { Bits: > 0, Clauses: > 0, Auxiliaries: >= 0 } && mixing is { MaximumSweeps: > 0, Tolerance: >= 0 and < double.PositiveInfinity };
        return isPossible && variables <= int.MaxValue && variables * ((long)architecture.Clauses + MixingMethod.RankOf((int)variables)) <= reader.TensorBytes / sizeof(float)
            ? architecture
            : throw new FormatException($"The model file describes {architecture}, which it does not hold.");
    }
}
