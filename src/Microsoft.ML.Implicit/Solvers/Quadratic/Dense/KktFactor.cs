using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Factors of the reduced KKT system [H Aᵀ; A -δI] with H = Q + ρI + Cᵀ diag(w) C, where C stacks G and the bounds:
/// Cholesky of H (of H + AᵀA where δ = 0, which has the same solutions) and of the Schur complement A H⁻¹ Aᵀ + δI, whose dependent rows are dropped.
/// </summary>
internal sealed unsafe class KktFactor
{
    private const int ChunkRows = 128;

    private readonly ConstraintLayout _layout;
    private readonly PanelCholesky _hessian;
    private readonly PanelCholesky _schur;
    private readonly PanelMatrix _halfSolved;
    private readonly double* _weighted;
    private readonly double* _product;
    private readonly PinnedBuffer _buffer;
    private bool _augmented;

    public KktFactor(ConstraintLayout layout)
    {
        _layout = layout;
        int n = layout.Variables, k = layout.PaddedEqualities, chunk = Math.Min(layout.General, ChunkRows);
        _buffer = new PinnedBuffer(PanelCholesky.Size(n) + PanelCholesky.Size(k) + PanelMatrix.Size(n, k) + (chunk * Panel.Width) + Math.Max(n, k));
        _hessian = new PanelCholesky(_buffer, n);
        _schur = new PanelCholesky(_buffer, k);
        _halfSolved = new PanelMatrix(_buffer, n, k);
        _weighted = _buffer.Take(chunk * Panel.Width);
        _product = _buffer.Take(Math.Max(n, k));
    }

    /// <summary>Factors for weights <paramref name="w"/> of the constraints and ρ = <paramref name="primal"/>, δ = 0.</summary>
    public void Factor(DenseMatrices matrices, double* w, double primal) => Factor(matrices, w, primal, 0, withObjective: true);

    /// <summary>Factors the same system with Q = 0 and δ = 1, as the feasibility phase needs it.</summary>
    public void FactorElastic(DenseMatrices matrices, double* w, double primal) => Factor(matrices, w, primal, 1, withObjective: false);

    private void Factor(DenseMatrices matrices, double* w, double primal, double dual, bool withObjective)
    {
        _augmented = withObjective;
        CopyObjective(matrices.QAugmented, withObjective);
        AddConstraints(matrices.G, w);
        AddDiagonal(w, primal);
        _hessian.FactorAll();
        if (_layout.Equalities > 0)
        {
            FactorSchur(matrices, dual);
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
            for (int j = 0; j < _halfSolved.Panels; j++)
            {
                Panel.SubtractRowProducts(_halfSolved.Column(j), r2 + (j * Panel.Width), _halfSolved.Rows, r1);
            }
        }

        _hessian.Solve(r1);
    }

    private void CopyObjective(PanelMatrix q, bool withObjective)
    {
        for (int j = 0; j < q.Panels; j++)
        {
            // The upper triangle: the first tiles of each column panel.
            int count = (j + 1) * Panel.TileSize;
            var target = new Span<double>(_hessian.Factor.Column(j), count);
            if (withObjective)
            {
                new ReadOnlySpan<double>(q.Column(j), count).CopyTo(target);
            }
            else
            {
                target.Clear();
            }
        }
    }

    // Rows are taken in chunks that stay in the nearest cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddConstraints(PanelMatrix g, double* w)
    {
        for (int start = 0; start < g.Rows; start += ChunkRows)
        {
            int depth = Math.Min(ChunkRows, g.Rows - start);
            for (int i = 0; i < g.Panels; i++)
            {
                Panel.ScaleRows(g.Tile(start, i), w + start, depth, _weighted);
                for (int j = i; j < g.Panels; j++)
                {
                    Panel.AddProduct(_weighted, g.Tile(start, j), depth, 1, _hessian.Factor.Tile(i * Panel.Width, j));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddDiagonal(double* w, double primal)
    {
        for (int i = 0; i < _layout.Variables; i++)
        {
            double weight = primal;
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FactorSchur(DenseMatrices matrices, double dual)
    {
        _halfSolved.CopyFrom(matrices.ATransposed);
        _hessian.SolveTransposed(_halfSolved);
        PanelMatrix s = _schur.Factor;
        for (int i = 0; i < s.Panels; i++)
        {
            int row = i * Panel.Width;
            for (int j = i; j < s.Panels; j++)
            {
                double* tile = s.Tile(row, j);
                new Span<double>(tile, Panel.TileSize).Clear();
                Panel.AddProduct(_halfSolved.Column(i), _halfSolved.Column(j), _halfSolved.Rows, 1, tile);
            }

            for (int r = 0; r < Panel.Width; r++)
            {
                s.Tile(row, i)[r * (Panel.Width + 1)] += row + r < _layout.Equalities ? dual : 1;
            }

            _schur.FactorRow(i);
        }
    }
}
