using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Relaxations;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The piecewise constant signal that is nearest, at a weight of its total variation.</summary>
internal sealed record TotalVariationFunction(double Weight) : SignalFunction
{
    public override double[] Evaluate(double[] values)
    {
        double[] solution = new double[values.Length], weights = new double[Math.Max(values.Length - 1, 0)];
        Array.Fill(weights, Weight);
        ChainTotalVariation.Solve(values, weights, solution);
        return solution;
    }

    public override void Write(DocumentWriter writer) => writer.Write("weight", Weight);

    public static TotalVariationFunction Read(DocumentReader reader)
    {
        double weight = reader.Double("weight");
        return weight >= 0 && double.IsFinite(weight) ? new TotalVariationFunction(weight) : throw new FormatException("The model file holds a weight that is negative or not finite.");
    }
}
