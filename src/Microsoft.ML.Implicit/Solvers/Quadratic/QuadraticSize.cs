using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Dimensions of a batch of quadratic programs.</summary>
/// <param name="Batch">Number of rows.</param>
/// <param name="Variables">Variables a row.</param>
/// <param name="Inequalities">Rows of G.</param>
/// <param name="Equalities">Rows of A.</param>
public sealed record QuadraticSize(int Batch, int Variables, int Inequalities = 0, int Equalities = 0)
{
    /// <summary>A float64 tensor of values that all rows share or that every row has, as their number says.</summary>
    internal Tensor? ToTensor(double[]? values, string name, params long[] shape)
    {
        if (values is null)
        {
            return null;
        }

        long count = shape.Aggregate(1L, (product, length) => product * length);
        if (values.Length == count * Batch)
        {
            return tensor(values, [Batch, .. shape], ScalarType.Float64);
        }

        return values.Length == count
            ? tensor(values, shape, ScalarType.Float64)
            : throw new ArgumentException($"{name} has {values.Length} values; expected {count} for all rows or {count * Batch} for {Batch} rows.", name);
    }
}
