using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Centring;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// A row's program about an origin and in units in which its data are of the order of one: in normal units rows and columns are equilibrated, then right-hand sides and costs. With diagonal matrices
/// D and E, T of the normal units, numbers β and γ, and C and u₀ of the program that is centred: x = C(u₀ + βDx̄), s = βT⁻¹E⁻¹s̄, y = γTᵀEȳ.
/// </summary>
internal sealed class ScaledProgram
{
    // What costs may be left of, beside the largest.
    private const double Rounding = 1e-30;

    private readonly ConeBlock[] _blocks;
    private readonly CentredProgram _centred;
    private readonly FarVariables _far;
    private readonly PointUnits _pointUnits;
    private readonly VariableBounds _bounds;
    private readonly NormalUnits _normalUnits;
    private readonly Equilibration _equilibration;
    private readonly ConvexityCheck _convexity;
    private readonly double[] _image;
    private readonly double[] _absolute;
    private double _quadraticScale;
    private double _costUnit;
    private SlackUnits _slacks;

    public ScaledProgram(ConeProblem problem, ConeBlock[] blocks, SparseStructure? structure)
    {
        (int n, int m) = (problem.Variables, problem.Constraints);
        _centred = new CentredProgram(n, m);
        _normalUnits = new NormalUnits(problem, blocks, structure);
        _bounds = new VariableBounds(n);
        _slacks = new SlackUnits([], [], []);
        P = new RowMatrix(problem.P is null ? 0 : n, n, structure?.P);
        (_image, _absolute) = (new double[n], new double[n]);
        A = new RowMatrix(m, n, structure?.A);
        (Q, D, Reach) = (new double[n], new double[n], new double[n]);
        (B, OwnUnits) = (new double[m], new double[m]);
        _blocks = blocks;
        (_far, _pointUnits) = (new FarVariables(this, blocks), new PointUnits(this));
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

    public bool IsConvex { get; private set; }

    /// <summary>Takes a row.</summary>
    /// <returns>Whether it is finite.</returns>
    public bool TryLoad(ConeData data, int row)
    {
        if (!_centred.TryLoad(data, row, P, A))
        {
            return false;
        }

        FindUnits();
        _bounds.Take(_normalUnits.Bounds);
        IsConvex = _convexity.Holds(P, _quadraticScale);
        return TryLoadVectors();
    }

    /// <summary>The units of the row that was taken.</summary>
    public ProgramUnits Units() => new(_centred.Columns, [.. _centred.Origin], [.. D], [.. E], _slacks, SolutionScale, CostScale);

    /// <summary>Takes a row's matrices in units that were found before; its vectors stay what they are.</summary>
    public void LoadMatrices(ConeData data, int row, ProgramUnits units)
    {
        data.Load(row, P, A);
        units.Columns.Apply(A);
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
    /// Takes a row about a point that was found, where variables are far from zero there: what matters of them are differences, which the solution was found beside their size.
    /// </summary>
    /// <param name="data">The data.</param>
    /// <param name="row">The row.</param>
    /// <param name="point">The point.</param>
    /// <returns>Whether variables are far from zero, and the row about the point is finite.</returns>
    public bool TryCentre(ConeData data, int row, ConePoint point)
    {
        if (!_far.Find(point, _slacks.Pairs, _centred.IsMoved))
        {
            return false;
        }

        for (int j = 0; j < D.Length; j++)
        {
            _centred.Origin[j] += _far.IsFar[j] ? D[j] * SolutionScale * point.X[j] / point.Tau : 0;
        }

        _centred.Move(data, row, P, A);
        FindUnits();
        return TryLoadVectors();
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
        if (!_pointUnits.Find(point, _slacks))
        {
            return false;
        }

        int common = PointUnits.Exponent(SolutionScale);
        for (int i = 0; i < D.Length; i++)
        {
            D[i] = Math.ScaleB(D[i], _pointUnits.Variables[i] + common);
        }

        _slacks = _slacks.WithExponents(_pointUnits.Shears);
        _centred.LoadMatrices(data, row, P, A);
        LoadSides();
        _slacks.ToNormalRows(A, D);
        for (int i = 0; i < P.Rows; i++)
        {
            P.Scale(i, _costUnit * D[i], D);
        }

        _equilibration.ApplyToRows();
        P.Measure();
        A.Measure();
        _quadraticScale = DenseVector.MaximumMagnitude(P.Values);
        return DenseVector.IsFinite(P.Values) && DenseVector.IsFinite(A.Values) && TryLoadVectors();
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
        y.Clear();
        P.Multiply(x, y);
    }

    /// <summary>xᵀP̄x.</summary>
    public double Curvature(ReadOnlySpan<double> x)
    {
        Multiply(x, _image);
        return DenseVector.Dot(x, _image);
    }

    /// <summary>x of x̄, moved onto bounds on single variables that rounding has left it beyond.</summary>
    public void ToVariables(ConePoint point, Span<double> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = _centred.Origin[i] + (point.X[i] * D[i] * (SolutionScale / point.Tau));
        }

        _bounds.Project(x);
        _centred.Columns.ToVariables(x);
    }

    /// <summary>½ xᵀPx of x̄.</summary>
    public double Square(ConePoint point)
    {
        for (int i = 0; i < _absolute.Length; i++)
        {
            _absolute[i] = point.X[i] + (_centred.Origin[i] * point.Tau / (D[i] * SolutionScale));
        }

        return SolutionScale * CostScale * Curvature(_absolute) / (2 * point.Tau * point.Tau);
    }

    private void FindUnits()
    {
        (double[] variables, _costUnit, _slacks) = _normalUnits.Apply(P, _centred.Costs, A, _centred.Sides);
        variables.CopyTo(D, 0);
        LoadSides();
        LoadCosts();
        _equilibration.Apply();
        DenseVector.Scale(D, 1, _equilibration.Columns);
        P.Measure();
        A.Measure();
        _quadraticScale = DenseVector.MaximumMagnitude(P.Values);
    }

    // After the matrices.
    private bool TryLoadVectors()
    {
        LoadCosts();
        LoadSides();
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

    private void LoadSides()
    {
        _centred.Sides.CopyTo(B, 0);
        _slacks.ToNormalSlacks(B);
    }

    private void LoadCosts()
    {
        for (int i = 0; i < Q.Length; i++)
        {
            Q[i] = _centred.Costs[i] * _costUnit * D[i];
        }
    }
}
