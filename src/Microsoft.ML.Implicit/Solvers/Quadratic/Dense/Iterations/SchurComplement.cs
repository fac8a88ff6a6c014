using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Eliminates rows B from [H Bᵀ; B -D], of which H is factored: Cholesky of B H⁻¹ Bᵀ + D, whose dependent rows are dropped.</summary>
internal sealed unsafe class SchurComplement
{
    // What is left of a row all of whose variables are fixed; its multiplier is set to zero.
    private const double EmptyPivot = 1e-30;
    private const double DroppedPivot = 1e64;

    private readonly ConstraintLayout _layout;
    private readonly ThreadTeam _team;
    private readonly PinnedBuffer _buffer;
    private PanelCholesky _factor;

    /// <summary>Creates the workspace.</summary>
    /// <param name="layout">Sizes of the problem.</param>
    /// <param name="capacity">Most rows of B.</param>
    /// <param name="team">Threads.</param>
    public SchurComplement(ConstraintLayout layout, int capacity, ThreadTeam team)
    {
        _layout = layout;
        _team = team;
        _buffer = new PinnedBuffer(PanelCholesky.Size(capacity) + PanelMatrix.Size(layout.Variables, capacity));
    }

    /// <summary>Number of rows of B.</summary>
    public int Rows { get; private set; }

    /// <summary>Bᵀ before <see cref="Factor"/>.</summary>
    public PanelMatrix Columns { get; private set; }

    /// <summary>Makes room for this many rows; what it holds is arbitrary.</summary>
    public void Resize(int rows)
    {
        if (rows != Rows)
        {
            Rows = rows;
            _buffer.Reset();
            _factor = new PanelCholesky(_buffer, rows);
            Columns = new PanelMatrix(_buffer, _layout.Variables, rows);
        }
    }

    /// <summary>Factors, and overwrites the columns.</summary>
    /// <param name="hessian">Factor UᵀU of H.</param>
    /// <param name="diagonal">D.</param>
    public void Factor(PanelCholesky hessian, double* diagonal)
    {
        hessian.SolveTransposed(Columns, _team);
        PanelMatrix s = _factor.Factor, x = Columns;
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
                double own = row + r < Rows ? diagonal[row + r] : 1;
                pivot += pivot + own > EmptyPivot ? own : DroppedPivot;
            }
        });
        _factor.FactorAll(_team);
    }

    /// <summary>Solves for the multipliers, and takes what they do off the first right-hand side.</summary>
    /// <param name="halfSolved">U⁻ᵀ times the first right-hand side.</param>
    /// <param name="r">The right-hand side of the rows, which becomes their multipliers.</param>
    /// <param name="product">Overwritten; as long as <paramref name="r"/>.</param>
    public void Solve(double* halfSolved, double* r, double* product)
    {
        for (int j = 0; j < Columns.Panels; j++)
        {
            Panel.MultiplyVector(halfSolved, Columns.Column(j), Columns.Rows, 1, add: false, product + (j * Panel.Width));
        }

        for (int i = 0; i < Rows; i++)
        {
            r[i] = product[i] - r[i];
        }

        _factor.SolveTransposed(r);
        _factor.Solve(r);
        for (int i = 0; i < Columns.Rows; i += Panel.Width)
        {
            Panel.SubtractRowProducts(Columns.Tile(i, 0), Columns.PanelStride, Columns.Panels, r, halfSolved + i);
        }
    }
}
