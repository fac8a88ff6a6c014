using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// A row's program in units in which its data are of the order of one: in normal units rows and columns are equilibrated, then right-hand sides and costs. With diagonal matrices
/// D and E, T of the normal units and numbers β and γ: x = βDx̄, s = βT⁻¹E⁻¹s̄, y = γTᵀEȳ.
/// </summary>
internal sealed class ScaledProgram
{
    // What costs may be left of, beside the largest.
    private const double Rounding = 1e-30;

    // Beside the solution. Of what is smaller the ratio says nothing.
    private const double SmallestSlack = 1e-9;

    // Of a unit at once, as a power of two.
    private const double LargestChange = 100;

    private readonly ConeBlock[] _blocks;
    private readonly NormalUnits _normalUnits;
    private readonly Equilibration _equilibration;
    private readonly ConvexityCheck _convexity;
    private readonly double[] _image;
    private double _quadraticScale;
    private double _costUnit;
    private SlackUnits _slacks;

    public ScaledProgram(ConeProblem problem, ConeBlock[] blocks, SparseStructure? structure)
    {
        _normalUnits = new NormalUnits(problem, blocks, structure);
        _slacks = new SlackUnits([], [], []);
        (int n, int m) = (problem.Variables, problem.Constraints);
        P = new RowMatrix(problem.P is null ? 0 : n, n, structure?.P);
        _image = new double[n];
        A = new RowMatrix(m, n, structure?.A);
        (Q, D, Reach) = (new double[n], new double[n], new double[n]);
        (B, OwnUnits) = (new double[m], new double[m]);
        _blocks = blocks;
        _equilibration = new Equilibration(P, Q, A, B, blocks);
        _convexity = new ConvexityCheck(n, structure?.P, 10 * n * MachineEpsilon.Of(problem.Q.dtype));
    }

    /// <summary>P̄, empty where it is zero.</summary>
    public RowMatrix P { get; }

    public double[] Q { get; }

    public RowMatrix A { get; }

    public double[] B { get; }

    public double[] D { get; }

    public double[] E => _equilibration.Rows;

    /// <summary>What of each variable makes a term of one, or one where there is no coefficient.</summary>
    public double[] Reach { get; }

    /// <summary>One in the units of slacks that their cones fix, and infinity where they fix none.</summary>
    public double[] OwnUnits { get; }

    /// <summary>β.</summary>
    public double SolutionScale { get; private set; }

    /// <summary>γ.</summary>
    public double CostScale { get; private set; }

    /// <summary>γ in normal units.</summary>
    public double NormalCostScale => CostScale * _costUnit;

    /// <summary>The smallest cost that is none of rounding beside the largest, or one where there are no costs.</summary>
    public double SmallestCost { get; private set; }

    public bool IsFinite { get; private set; }

    public bool IsConvex { get; private set; }

    /// <summary>Takes a row's matrices.</summary>
    public void LoadMatrices(ConeData data, int row)
    {
        data.Load(row, P, A);
        IsFinite = DenseVector.IsFinite(P.Values) && DenseVector.IsFinite(A.Values);
        if (!IsFinite)
        {
            return;
        }

        (double[] variables, _costUnit, _slacks) = _normalUnits.Apply(P, data.Q(row), A, data.B(row));
        variables.CopyTo(D, 0);
        LoadSides(data.B(row));
        LoadCosts(data.Q(row));
        _equilibration.Apply();
        DenseVector.Scale(D, 1, _equilibration.Columns);
        P.Measure();
        A.Measure();
        _quadraticScale = DenseVector.MaximumMagnitude(P.Values);
        IsConvex = _convexity.Holds(P, _quadraticScale);
    }

    /// <summary>The units of the row that was taken.</summary>
    public ProgramUnits Units() => new([.. D], [.. E], _slacks, SolutionScale, CostScale);

    /// <summary>Takes a row's matrices in units that were found before; its vectors stay what they are.</summary>
    public void LoadMatrices(ConeData data, int row, ProgramUnits units)
    {
        data.Load(row, P, A);
        units.D.CopyTo(D, 0);
        units.E.CopyTo(E, 0);
        (_slacks, SolutionScale, CostScale) = (units.Slacks, units.Solution, units.Cost);
        for (int i = 0; i < P.Rows; i++)
        {
            P.Scale(i, D[i] * SolutionScale / CostScale, D);
        }

        _slacks.ToNormalRows(A, D);
        for (int i = 0; i < B.Length; i++)
        {
            DenseVector.Scale(A.Row(i), E[i]);
        }

        P.Measure();
        A.Measure();
    }

    /// <summary>
    /// Takes a row in units in which a point that was found in the last ones is of the order of one: data alone do not tell how large a solution is where exponentials are, or where a limit or a cost stands for
    /// none.
    /// </summary>
    /// <param name="data">The data.</param>
    /// <param name="row">The row.</param>
    /// <param name="point">The point.</param>
    /// <returns>Whether these are other units, in which the row is finite.</returns>
    public bool TryFollow(ConeData data, int row, ConePoint point)
    {
        double objective = Curvature(point.X) / (2 * point.Tau * point.Tau);
        for (int i = 0; i < D.Length; i++)
        {
            objective += Math.Abs(Q[i] * point.X[i] / point.Tau);
        }

        // Where all is small the solution as a whole is, and not only what vanishes at the optimum.
        double least = Math.Min(1, DenseVector.MaximumMagnitude(point.X) / point.Tau);
        bool differs = false;
        int common = Exponent(SolutionScale);
        for (int i = 0; i < D.Length; i++)
        {
            double size = Math.Max(least, Math.Abs(point.X[i] / point.Tau)), cost = Math.Abs(Q[i]);
            int exponent = Exponent(Math.Min(size, cost > 0 ? Equilibration.LargestSide * Math.Max(objective, Rounding) / cost : size));
            D[i] = Math.ScaleB(D[i], exponent + common);
            differs |= exponent != 0;
        }

        int[] exponents = [.. _slacks.Shears.Select(shear => ExponentOfQuotient(point.S[shear.Start + 1] / point.Tau, point.S[shear.Start + 2] / point.Tau))];
        if (!differs && Array.TrueForAll(exponents, exponent => exponent == 0))
        {
            return false;
        }

        _slacks = _slacks.WithExponents(exponents);
        data.Load(row, P, A);
        LoadSides(data.B(row));
        _slacks.ToNormalRows(A, D);
        for (int i = 0; i < P.Rows; i++)
        {
            P.Scale(i, _costUnit * D[i], D);
        }

        _equilibration.ApplyToRows();
        P.Measure();
        A.Measure();
        _quadraticScale = DenseVector.MaximumMagnitude(P.Values);
        return DenseVector.IsFinite(P.Values) && DenseVector.IsFinite(A.Values) && LoadVectors(data, row);

        int ExponentOfQuotient(double y, double z) => Math.Min(y, z) > SmallestSlack * least ? Exponent(y / z) : 0;
        static int Exponent(double ratio) => double.IsFinite(ratio) && ratio > 0 ? (int)Math.Clamp(Math.Round(Math.Log2(ratio)), -LargestChange, LargestChange) : 0;
    }

    /// <summary>Takes a row's vectors, after the matrices.</summary>
    /// <returns>Whether they are finite.</returns>
    public bool LoadVectors(ConeData data, int row)
    {
        LoadCosts(data.Q(row));
        LoadSides(data.B(row));
        DenseVector.Scale(B, 1, E);

        double right = DenseVector.MaximumMagnitude(B), cost = DenseVector.MaximumMagnitude(Q);
        SolutionScale = right > 0 ? right : cost > 0 && _quadraticScale > 0 ? cost / _quadraticScale : 1;
        double largest = Math.Max(cost, SolutionScale * _quadraticScale);
        largest = largest > 0 ? largest : 1;
        CostScale = largest / _costUnit;
        DenseVector.Scale(Q, 1 / largest);
        DenseVector.Scale(B, 1 / SolutionScale);
        DenseVector.Scale(P.Values, SolutionScale / largest);
        _equilibration.MeasureReach(Reach);
        MeasureCosts();
        MeasureOwnUnits();
        return DenseVector.IsFinite(Q) && DenseVector.IsFinite(B) && double.IsFinite(SolutionScale / largest);
    }

    /// <summary>Leaves the squares and constraints alone.</summary>
    public void DropCosts()
    {
        Array.Clear(Q);
        SmallestCost = 1;
    }

    /// <summary>y = P̄x.</summary>
    public void Multiply(ReadOnlySpan<double> x, Span<double> y)
    {
        if (!P.IsEmpty)
        {
            P.Multiply(x, y);
        }
        else
        {
            y.Clear();
        }
    }

    /// <summary>xᵀP̄x.</summary>
    public double Curvature(ReadOnlySpan<double> x)
    {
        Multiply(x, _image);
        return DenseVector.Dot(x, _image);
    }

    /// <summary>A vector in the units of x̄, and the like.</summary>
    public static void Convert(ReadOnlySpan<double> from, ReadOnlySpan<double> units, double unit, Span<double> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[i] * units[i] * unit;
        }
    }

    /// <summary>s̄ of slacks.</summary>
    public void ToScaledSlacks(ReadOnlySpan<double> s, Span<double> scaled)
    {
        s.CopyTo(scaled);
        _slacks.ToNormalSlacks(scaled);
        DenseVector.Scale(scaled, 1 / SolutionScale, E);
    }

    /// <summary>ȳ of multipliers.</summary>
    public void ToScaledMultipliers(ReadOnlySpan<double> y, Span<double> scaled)
    {
        y.CopyTo(scaled);
        _slacks.ToNormalMultipliers(scaled);
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] /= E[i] * CostScale;
        }
    }

    /// <summary>Moves variables, in the units of the data, onto bounds that rounding has left them beyond.</summary>
    public void ProjectOntoBounds(Span<double> x) => _normalUnits.Bounds.Project(x);

    /// <summary>Slacks of s̄.</summary>
    public void FromScaledSlacks(ReadOnlySpan<double> scaled, Span<double> s)
    {
        for (int i = 0; i < s.Length; i++)
        {
            s[i] = scaled[i] * SolutionScale / E[i];
        }

        _slacks.FromNormalSlacks(s);
    }

    /// <summary>Multipliers of ȳ.</summary>
    public void FromScaledMultipliers(ReadOnlySpan<double> scaled, Span<double> y)
    {
        Convert(scaled, E, CostScale, y);
        _slacks.FromNormalMultipliers(y);
    }

    // A square is a cost as well: beside one that stands for "never" it may be small.
    private void MeasureCosts()
    {
        SmallestCost = 1;
        for (int i = 0; i < Q.Length; i++)
        {
            double cost = Math.Max(Math.Abs(Q[i]), P.IsEmpty ? 0 : DenseVector.MaximumMagnitude(P.Row(i)));
            SmallestCost = cost != 0 ? Math.Min(SmallestCost, Math.Max(cost, Rounding)) : SmallestCost;
        }
    }

    private void MeasureOwnUnits()
    {
        foreach (ConeBlock block in _blocks)
        {
            for (int i = block.Start; i < block.Start + block.Dimension; i++)
            {
                OwnUnits[i] = block.FixesUnits ? E[i] * _slacks.Factors[i] / SolutionScale : double.PositiveInfinity;
            }
        }
    }

    private void LoadSides(ReadOnlySpan<double> b)
    {
        b.CopyTo(B);
        _slacks.ToNormalSlacks(B);
    }

    private void LoadCosts(ReadOnlySpan<double> q)
    {
        for (int i = 0; i < Q.Length; i++)
        {
            Q[i] = q[i] * _costUnit * D[i];
        }
    }
}
