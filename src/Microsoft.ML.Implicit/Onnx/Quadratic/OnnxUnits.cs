namespace Microsoft.ML.Implicit.Onnx.Quadratic;

/// <summary>The units that the numbers of a quadratic program are in, [rows, 1, 1] each.</summary>
/// <param name="Largest">The distance of the farthest constraint from the origin.</param>
/// <param name="Smallest">That of the nearest one that is not through the origin; no variable can be told from zero that is far smaller.</param>
/// <param name="Cost">An objective's change by one unit of a variable.</param>
/// <param name="InequalitySteepness">The largest coefficient of each inequality, [rows, m, 1]; 1 where it has none.</param>
/// <param name="EqualitySteepness">That of each equality, [rows, k, 1].</param>
internal sealed record OnnxUnits(OnnxValue Largest, OnnxValue Smallest, OnnxValue Cost, OnnxValue InequalitySteepness, OnnxValue EqualitySteepness)
{
    public static OnnxUnits Of(OnnxQuadraticData data)
    {
        OnnxValue inequalitySteepness = Steepness(data.G), equalitySteepness = Steepness(data.A);
        OnnxValue inequalities = Reach(data.G, data.H, inequalitySteepness), equalities = Reach(data.A, data.B, equalitySteepness);
        OnnxValue largest = OrOne(inequalities.Largest(1).Maximum(equalities.Largest(1)));
        OnnxValue smallest = OrBeyond(inequalities).Smallest(1).Minimum(OrBeyond(equalities).Smallest(1));
        OnnxValue curvature = data.Q.Abs().Largest(2).Largest(1);
        return new OnnxUnits(
            largest, (smallest < double.MaxValue).Where(smallest, 1), OrOne(data.P.Abs().Largest(1).Maximum(curvature * largest)), inequalitySteepness, equalitySteepness);
    }

    /// <summary>A point within the inequalities' slacks, and multipliers of the order of the costs.</summary>
    public OnnxIterate Start(OnnxQuadraticData data, OnnxValue rows)
    {
        return new OnnxIterate(
            PerRow(data.Graph.Number(0, OnnxType.Double), data.Variables),
            PerRow(data.H.Abs().Maximum(Largest * InequalitySteepness), data.Inequalities),
            PerRow(Cost / InequalitySteepness, data.Inequalities),
            PerRow(data.Graph.Number(0, OnnxType.Double), data.Equalities));

        OnnxValue PerRow(OnnxValue value, int length) => data.Graph.PerRow(value, rows, length, 1);
    }

    // How far a constraint lies from the origin; one of zeros lies nowhere.
    private static OnnxValue Reach(OnnxValue matrix, OnnxValue right, OnnxValue steepness) => (matrix.Abs().Largest(2) > 0).Where((right / steepness).Abs(), 0);

    private static OnnxValue Steepness(OnnxValue matrix) => OrOne(matrix.Abs().Largest(2));

    private static OnnxValue OrBeyond(OnnxValue reach) => (reach > 0).Where(reach, double.MaxValue);

    private static OnnxValue OrOne(OnnxValue value) => (value > 0).Where(value, 1);
}
