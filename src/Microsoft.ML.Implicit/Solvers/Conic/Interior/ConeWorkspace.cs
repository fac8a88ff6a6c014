using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Faces;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>What one thread needs for a row: its cones, its data in scaled units and the system that both make.</summary>
internal sealed class ConeWorkspace
{
    // H of the nearest point: what rows of small coefficients tell must outweigh what factorisations add.
    private const double NearestSlack = 1e-6;

    private readonly ConeData _data;

    /// <param name="data">The data.</param>
    /// <param name="faces">Faces that take the place of cones, by the first slacks of these, or null.</param>
    public ConeWorkspace(ConeData data, IReadOnlyDictionary<int, ConeFace>? faces = null)
    {
        _data = data;
        Blocks = ConeBlocks.Create(data.Problem.Cones, faces);
        SparseStructure? structure = data.Layout;
        Program = new ScaledProgram(data.Problem, Blocks, structure);
        System = new KktSystem(
            Program, Blocks, structure is null ? new DenseNormalFactorization(Program, Blocks) : new SparseNormalFactorization(Program, Blocks, structure));
    }

    public ConeBlock[] Blocks { get; }

    public ScaledProgram Program { get; }

    public KktSystem System { get; }

    /// <summary>Takes a row.</summary>
    /// <returns>What is wrong with it, or <see cref="SolveStatus.Converged"/>.</returns>
    public SolveStatus Load(int row) =>
        !Program.TryLoad(_data, row) ? SolveStatus.InvalidInput
        : !Program.IsConvex ? SolveStatus.NonConvex
        : SolveStatus.Converged;

    /// <summary>Finds the point at which slacks are least, as a sum of squares with those of the objective: it is near what is given however far that is from zero.</summary>
    /// <param name="point">Receives it.</param>
    /// <returns>Whether rounding let it.</returns>
    public bool TryFindNearest(ConePoint point)
    {
        foreach (ConeBlock block in Blocks)
        {
            block.ScaleUniformly(NearestSlack);
        }

        if (!System.TryFactor())
        {
            return false;
        }

        System.Solve(new double[point.X.Length], Program.B, point.X, point.Z, point.S);
        (point.Tau, point.Kappa) = (1, 0);
        return DenseVector.IsFinite(point.X);
    }
}
