using Microsoft.ML.Implicit.Layers.Satisfiability;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Clauses that were learned. Safe to use from several threads at once.</summary>
public sealed class MaximumSatisfiabilityModelParameters : ImplicitModelParameters
{
    private Device _device;

    internal MaximumSatisfiabilityModelParameters(SatisfiabilityArchitecture architecture, MaximumSatisfiability layer, Device device) =>
        (Architecture, Layer, _device) = (architecture, layer, device);

    /// <summary>Bits of a row.</summary>
    public int BitCount => Architecture.Bits;

    /// <summary>Clauses.</summary>
    public int ClauseCount => Architecture.Clauses;

    /// <summary>Auxiliary variables.</summary>
    public int AuxiliaryCount => Architecture.Auxiliaries;

    /// <inheritdoc/>
    public override long ParameterCount => Layer.parameters().Sum(parameter => parameter.numel());

    internal SatisfiabilityArchitecture Architecture { get; }

    /// <summary>Rounds of refinement that training settled on; a file keeps them with the columns.</summary>
    internal int RefinementRounds { get; set; }

    internal MaximumSatisfiability Layer { get; }

    private protected override IEnumerable<nn.Module> Modules => [Layer];

    private protected override FormattableString Description => $"Maximum satisfiability: {BitCount} bits, {ClauseCount} clauses, {AuxiliaryCount} auxiliary variables.";

    /// <inheritdoc/>
    public override void Dispose() => Layer.Dispose();

    internal override void MoveTo(Device device)
    {
        Layer.to(device);
        Layer.FreezeState();
        _device = device;
    }

    /// <summary>How likely the bits of rows are set, float32 [rows, bits] on the CPU, NaN in rows that could not be solved.</summary>
    /// <param name="values">Float32 [rows, bits].</param>
    /// <param name="isKnown">Bool [rows, bits].</param>
    /// <param name="rounds">Rounds in which the surest bits are set before the rest is solved anew.</param>
    internal Tensor Complete(Tensor values, Tensor isKnown, int rounds)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (values, isKnown) = (values.to(_device), isKnown.to(_device));
        Tensor probabilities = Layer.Solve(values, isKnown).Probabilities, left = isKnown.logical_not().sum(1, keepdim: true).to(ScalarType.Float64);

        // Each round sets a bit at least.
        rounds = rounds == 0 ? 0 : (int)Math.Min(rounds, left.max().item<double>());
        for (int round = 1; round <= rounds; round++)
        {
            // What is set comes first, then the others by how sure they are.
            Tensor certainty = where(isKnown, full_like(values, 2.Held()), (probabilities - 0.5.Held()).abs());
            Tensor place = certainty.argsort(1, descending: true).argsort(1);
            Tensor count = isKnown.shape[1].Held().Minus(left * (1 - (round / (rounds + 1.0))).Held());
            values = where(isKnown, values, probabilities.round());
            isKnown = place.lt(count).logical_or(isKnown);

            // What is set is as sure as it was then.
            probabilities = where(isKnown, probabilities, Layer.Solve(values, isKnown).Probabilities);
        }

        return probabilities.cpu().MoveToOuterDisposeScope();
    }

    internal void Write(DocumentWriter writer)
    {
        Architecture.Write(writer.Section("architecture"));
        writer.Write("layer", Layer);
    }

    /// <exception cref="FormatException">The clauses are impossible.</exception>
    internal static MaximumSatisfiabilityModelParameters Read(DocumentReader reader)
    {
        SatisfiabilityArchitecture architecture = SatisfiabilityArchitecture.Read(reader.Section("architecture"));
        using var generator = new Generator(0, CPU);
        MaximumSatisfiability layer = architecture.CreateLayer(generator);
        try
        {
            reader.Read("layer", layer);
            layer.FreezeState();
            return new MaximumSatisfiabilityModelParameters(architecture, layer, CPU);
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }
}
