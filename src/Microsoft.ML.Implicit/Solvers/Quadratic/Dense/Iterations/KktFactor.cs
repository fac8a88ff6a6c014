using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>
/// Factors of the reduced KKT system [H Aᵀ; A -δI] with H = Q + ρI + Cᵀ diag(w) C, where C stacks G and the bounds:
/// Cholesky of H (of H + AᵀA where δ = 0, which has the same solutions) and of the Schur complement A H⁻¹ Aᵀ + δI, whose dependent rows are dropped.
/// </summary>
internal sealed unsafe class KktFactor
{
    private const int ChunkRows = 128;

    private readonly ConstraintLayout _layout;
    private readonly ThreadTeam _team;
    private readonly PanelCholesky _hessian;
    private readonly SchurComplement _equalities;
    private readonly PinnedBuffer _buffer;
    private readonly double* _diagonal;
    private SchurComplement? _equalitiesAndHeld;
    private SchurComplement _schur;
    private bool _augmented;
    private int _constraints;

    public KktFactor(ConstraintLayout layout, ThreadTeam team)
    {
        _layout = layout;
        _team = team;
        _buffer = new PinnedBuffer(PanelCholesky.Size(layout.Variables) + layout.PaddedEqualities + layout.General);
        _hessian = new PanelCholesky(_buffer, layout.Variables);
        _diagonal = _buffer.Take(layout.PaddedEqualities + layout.General);
        _equalities = new SchurComplement(layout, layout.Equalities, team);
        _schur = _equalities;
    }

    /// <summary>Factors for weights <paramref name="w"/> of the constraints and ρ = <paramref name="primal"/>, δ = 0.</summary>
    public void Factor(DenseRow row, double* w, double primal) => Factor(row, w, primal, []);

    /// <summary>
    /// Factors the same system with further rows of G below A, whose multipliers have proximal weights of their own: right-hand sides and solutions of the second
    /// part go on with them after the padded equalities.
    /// </summary>
    public void Factor(DenseRow row, double* w, double primal, ReadOnlySpan<HeldConstraint> held)
    {
        _augmented = true;
        _constraints = row.ActiveCount;
        CopyObjective(row.Matrices, row.Curvature);
        FactorHessian(row, w, primal);
        new Span<double>(_diagonal, _layout.PaddedEqualities).Clear();
        FactorSchur(row.Matrices, held);
    }

    /// <summary>Factors the same system with Q = 0 and δ = 1, as the feasibility phase needs it.</summary>
    public void FactorElastic(DenseRow row, double* w, double primal)
    {
        _augmented = false;
        for (int j = 0; j < _hessian.Factor.Panels; j++)
        {
            new Span<double>(_hessian.Factor.Column(j), (j + 1) * Panel.TileSize).Clear();
        }

        FactorHessian(row, w, primal);
        new Span<double>(_diagonal, _layout.PaddedEqualities).Fill(1);
        FactorSchur(row.Matrices, []);
    }

    /// <summary>Whether factors for unit weights, made for a row with the same matrices, are those of another row too.</summary>
    public bool Fits(DenseRow row) => row.IsOrdinary && row.ActiveCount == _constraints;

    /// <summary>Solves for right-hand sides r1 and r2, which become dz and dν. May be called by several threads at once.</summary>
    /// <param name="matrices">Those of the row that was factored.</param>
    /// <param name="r1">Becomes dz.</param>
    /// <param name="r2">Becomes dν.</param>
    /// <param name="workspace">Overwritten; as long as <paramref name="r2"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Solve(DenseMatrices matrices, double* r1, double* r2, double* workspace)
    {
        if (_augmented && _layout.Equalities > 0)
        {
            for (int j = 0; j < matrices.A.Panels; j++)
            {
                Panel.MultiplyVector(r2, matrices.A.Column(j), matrices.A.Rows, 1, add: true, r1 + (j * Panel.Width));
            }
        }

        _hessian.SolveTransposed(r1);
        if (_schur.Rows > 0)
        {
            _schur.Solve(r1, r2, workspace);
        }

        _hessian.Solve(r1);
    }

    private void CopyObjective(DenseMatrices matrices, double curvature)
    {
        for (int j = 0; j < matrices.Q.Panels; j++)
        {
            // The upper triangle: the first tiles of each column panel.
            int count = (j + 1) * Panel.TileSize;
            double* target = _hessian.Factor.Column(j);
            Vectors.Copy(matrices.QAugmented.Column(j), target, count);
            if (curvature != 1)
            {
                Vectors.Add(matrices.Q.Column(j), curvature - 1, target, count);
            }
        }
    }

    // Rows are taken in chunks that stay in the nearest caches.
    private void AddConstraints(PanelMatrix g, double* w)
    {
        PanelMatrix hessian = _hessian.Factor;
        for (int start = 0; start < g.Rows; start += ChunkRows)
        {
            int first = start, depth = Math.Min(ChunkRows, g.Rows - start);
            _team.For(g.Panels, (long)g.Panels * g.Panels / 2 * depth * Panel.TileSize, i => AddChunk(g, w, first, depth, hessian, i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void AddChunk(PanelMatrix g, double* w, int first, int depth, PanelMatrix hessian, int i)
    {
        double* weighted = stackalloc double[ChunkRows * Panel.Width];
        Panel.ScaleRows(g.Tile(first, i), w + first, depth, weighted);
        Panel.AddProducts(weighted, g.Tile(first, i), g.PanelStride, depth, 1, hessian.Tile(i * Panel.Width, i), hessian.PanelStride, g.Panels - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddDiagonal(DenseRow row, double* w, double primal)
    {
        for (int i = 0; i < _layout.Variables; i++)
        {
            double weight = primal + row.Fixing[i];
            if (_layout.HasLower)
            {
                weight += w[_layout.LowerOffset + i];
            }

            if (_layout.HasUpper)
            {
                weight += w[_layout.UpperOffset + i];
            }

            _hessian.Factor.At(i, i) += weight;
        }
    }

    private void FactorSchur(DenseMatrices matrices, ReadOnlySpan<HeldConstraint> held)
    {
        int first = _layout.PaddedEqualities;
        _schur = held.IsEmpty ? _equalities : _equalitiesAndHeld ??= new SchurComplement(_layout, first + _layout.General, _team);
        _schur.Resize(held.IsEmpty ? _layout.Equalities : first + held.Length);
        if (_schur.Rows == 0)
        {
            return;
        }

        _schur.Columns.CopyFrom(matrices.ATransposed);
        for (int i = 0; i < held.Length; i++)
        {
            _diagonal[first + i] = held[i].Slackness;
            for (int j = 0; j < _layout.Variables; j++)
            {
                _schur.Columns.At(j, first + i) = matrices.G.At(held[i].Index, j);
            }
        }

        // Padding between the equalities and the others.
        for (int i = _layout.Equalities; !held.IsEmpty && i < first; i++)
        {
            _diagonal[i] = 1;
        }

        _schur.Factor(_hessian, _diagonal);
    }

    private void FactorHessian(DenseRow row, double* w, double primal)
    {
        AddConstraints(row.Matrices.G, w);
        AddDiagonal(row, w, primal);
        _hessian.FactorAll(_team);
    }
}
