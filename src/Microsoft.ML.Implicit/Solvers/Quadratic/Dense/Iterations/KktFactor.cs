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

    // What is left of an equality all of whose variables are fixed; its multiplier is set to zero.
    private const double EmptyPivot = 1e-30;
    private const double DroppedPivot = 1e64;

    private readonly ConstraintLayout _layout;
    private readonly ThreadTeam _team;
    private readonly PanelCholesky _hessian;
    private readonly PanelCholesky _schur;
    private readonly PanelMatrix _halfSolved;
    private readonly double* _product;
    private readonly PinnedBuffer _buffer;
    private bool _augmented;
    private int _constraints;

    public KktFactor(ConstraintLayout layout, ThreadTeam team)
    {
        _layout = layout;
        _team = team;
        int n = layout.Variables, k = layout.PaddedEqualities;
        _buffer = new PinnedBuffer(PanelCholesky.Size(n) + PanelCholesky.Size(k) + PanelMatrix.Size(n, k) + Math.Max(n, k));
        _hessian = new PanelCholesky(_buffer, n);
        _schur = new PanelCholesky(_buffer, k);
        _halfSolved = new PanelMatrix(_buffer, n, k);
        _product = _buffer.Take(Math.Max(n, k));
    }

    /// <summary>Factors for weights <paramref name="w"/> of the constraints and ρ = <paramref name="primal"/>, δ = 0.</summary>
    public void Factor(DenseRow row, double* w, double primal)
    {
        _augmented = true;
        _constraints = row.ActiveCount;
        CopyObjective(row.Matrices, row.Curvature);
        FactorRest(row, w, primal, 0);
    }

    /// <summary>Factors the same system with Q = 0 and δ = 1, as the feasibility phase needs it.</summary>
    public void FactorElastic(DenseRow row, double* w, double primal)
    {
        _augmented = false;
        for (int j = 0; j < _hessian.Factor.Panels; j++)
        {
            new Span<double>(_hessian.Factor.Column(j), (j + 1) * Panel.TileSize).Clear();
        }

        FactorRest(row, w, primal, 1);
    }

    /// <summary>Whether factors for unit weights, made for a row with the same matrices, are those of another row too.</summary>
    public bool Fits(DenseRow row) => row.IsOrdinary && row.ActiveCount == _constraints;

    private void FactorRest(DenseRow row, double* w, double primal, double dual)
    {
        AddConstraints(row.Matrices.G, w);
        AddDiagonal(row, w, primal);
        _hessian.FactorAll(_team);
        if (_layout.Equalities > 0)
        {
            FactorSchur(row.Matrices, dual);
        }
    }

    /// <summary>Solves for right-hand sides r1 and r2, which become dz and dν.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Solve(DenseMatrices matrices, double* r1, double* r2)
    {
        if (_augmented && _layout.Equalities > 0)
        {
            for (int j = 0; j < matrices.A.Panels; j++)
            {
                Panel.MultiplyVector(r2, matrices.A.Column(j), matrices.A.Rows, 1, add: true, r1 + (j * Panel.Width));
            }
        }

        _hessian.SolveTransposed(r1);
        if (_layout.Equalities > 0)
        {
            for (int j = 0; j < _halfSolved.Panels; j++)
            {
                Panel.MultiplyVector(r1, _halfSolved.Column(j), _halfSolved.Rows, 1, add: false, _product + (j * Panel.Width));
            }

            for (int i = 0; i < _layout.Equalities; i++)
            {
                r2[i] = _product[i] - r2[i];
            }

            _schur.SolveTransposed(r2);
            _schur.Solve(r2);
            for (int i = 0; i < _halfSolved.Rows; i += Panel.Width)
            {
                Panel.SubtractRowProducts(_halfSolved.Tile(i, 0), _halfSolved.PanelStride, _halfSolved.Panels, r2, r1 + i);
            }
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

    private void FactorSchur(DenseMatrices matrices, double dual)
    {
        _halfSolved.CopyFrom(matrices.ATransposed);
        _hessian.SolveTransposed(_halfSolved, _team);
        PanelMatrix s = _schur.Factor, x = _halfSolved;
        int equalities = _layout.Equalities;
        _team.For(s.Panels, (long)s.Panels * s.Panels / 2 * x.Rows * Panel.TileSize, i =>
        {
            int row = i * Panel.Width;
            for (int j = i; j < s.Panels; j++)
            {
                new Span<double>(s.Tile(row, j), Panel.TileSize).Clear();
            }

            Panel.AddProducts(x.Column(i), x.Column(i), x.PanelStride, x.Rows, 1, s.Tile(row, i), s.PanelStride, s.Panels - i);
            for (int r = 0; r < Panel.Width; r++)
            {
                ref double pivot = ref s.Tile(row, i)[r * (Panel.Width + 1)];
                pivot += row + r >= equalities ? 1 : pivot + dual > EmptyPivot ? dual : DroppedPivot;
            }
        });
        _schur.FactorAll(_team);
    }
}
