using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Relaxations;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The soft rank of each value of a vector.</summary>
internal sealed record SoftRankFunction(double Strength) : SignalFunction
{
    public override double[] Evaluate(double[] values) => Permutahedron.Rank(values, Strength);

    public override void Write(DocumentWriter writer) => writer.Write("strength", Strength);

    public static SoftRankFunction Read(DocumentReader reader)
    {
        double strength = reader.Double("strength");
        return strength > 0 && double.IsFinite(strength) ? new SoftRankFunction(strength) : throw new FormatException("The model file holds a strength that is not positive.");
    }
}
