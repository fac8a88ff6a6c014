namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The numbers of a <see cref="ConeStart"/> as arrays.</summary>
internal sealed class StartRows(ConeStart start, ConeProblem problem)
{
    private readonly double[] _x = ConeData.Read(start.X);
    private readonly double[] _s = ConeData.Read(start.S);
    private readonly double[] _y = ConeData.Read(start.Y);

    /// <summary>Takes a row in a program's units.</summary>
    /// <returns>Whether it is finite.</returns>
    public bool TryLoad(int row, ScaledProgram program, ConePoint point)
    {
        ProgramUnits units = program.Units();
        units.ToScaled(ConeResults.Row(_x, row, problem.Variables), point.X);
        units.ToScaledSlacks(ConeResults.Row(_s, row, problem.Constraints), point.S);
        units.ToScaledMultipliers(ConeResults.Row(_y, row, problem.Constraints), point.Z);
        (point.Tau, point.Kappa) = (1, 0);
        return DenseVector.IsFinite(point.X) && DenseVector.IsFinite(point.S) && DenseVector.IsFinite(point.Z);
    }
}
