namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

/// <summary>
/// A matrix stored as column panels of eight: element (i, j) is at <c>[j / 8][i][j % 8]</c>, zero padded.
/// Eight lanes of one row are one aligned load, and the rows of a panel follow one another, so that every kernel streams.
/// </summary>
internal readonly unsafe struct PanelMatrix
{
    private readonly double* _data;

    public PanelMatrix(PinnedBuffer buffer, int rows, int columns)
    {
        Rows = Panel.Pad(rows);
        Panels = Panel.Pad(columns) / Panel.Width;
        _data = buffer.Take(Rows * Panels * Panel.Width);
    }

    /// <summary>Number of rows, padded to a multiple of eight.</summary>
    public int Rows { get; }

    /// <summary>Number of column panels.</summary>
    public int Panels { get; }

    /// <summary>Doubles from one column panel to the next.</summary>
    public nint PanelStride => (nint)Rows * Panel.Width;

    /// <summary>Number of doubles that a matrix takes from its buffer.</summary>
    public static int Size(int rows, int columns) => Panel.Pad(rows) * Panel.Pad(columns);

    public double* Column(int panel) => _data + (panel * PanelStride);

    public double* Tile(int row, int panel) => Column(panel) + ((nint)row * Panel.Width);

    public ref double At(int row, int column) => ref Tile(row, column / Panel.Width)[column % Panel.Width];

    /// <summary>Reads a row-major matrix; an empty one is zero.</summary>
    public void Load(ReadOnlySpan<double> rowMajor, int rows, int columns)
    {
        if (rowMajor.IsEmpty)
        {
            return;
        }

        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j += Panel.Width)
            {
                int count = Math.Min(Panel.Width, columns - j);
                rowMajor.Slice((i * columns) + j, count).CopyTo(new Span<double>(Tile(i, j / Panel.Width), count));
            }
        }
    }

    /// <summary>Becomes the transpose of another matrix, padding included.</summary>
    public void LoadTransposed(PanelMatrix source)
    {
        for (int panel = 0; panel < source.Panels; panel++)
        {
            for (int row = 0; row < source.Rows; row += Panel.Width)
            {
                double* from = source.Tile(row, panel), to = Tile(panel * Panel.Width, row / Panel.Width);
                for (int i = 0; i < Panel.Width; i++)
                {
                    for (int j = 0; j < Panel.Width; j++)
                    {
                        to[(j * Panel.Width) + i] = from[(i * Panel.Width) + j];
                    }
                }
            }
        }
    }

    /// <summary>Takes over the columns of a matrix with as many rows, and clears further ones.</summary>
    public void CopyFrom(PanelMatrix source)
    {
        int count = source.Rows * source.Panels * Panel.Width;
        new ReadOnlySpan<double>(source._data, count).CopyTo(new Span<double>(_data, count));
        new Span<double>(_data + count, (Rows * Panels * Panel.Width) - count).Clear();
    }
}
