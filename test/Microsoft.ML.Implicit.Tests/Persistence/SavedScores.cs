using System.Globalization;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Models in a folder with the rows that they score, for a process that knows nothing but these files.</summary>
internal static class SavedScores
{
    /// <summary>First argument of a process that is to score; the second is the folder.</summary>
    public const string Command = "score-saved-models";

    private const string ModelFileName = "model.zip";
    private const string RowsFileName = "rows.idv";
    private const string ColumnsFileName = "columns.txt";

    public static void Save(MLContext ml, SavedModel saved, string folder)
    {
        Directory.CreateDirectory(folder);
        ml.Model.Save(saved.Model, saved.Rows.Schema, Path.Combine(folder, ModelFileName));
        using FileStream rows = File.Create(Path.Combine(folder, RowsFileName));
        ml.Data.SaveAsBinary(saved.Rows, rows, keepHidden: false);
        File.WriteAllLines(Path.Combine(folder, ColumnsFileName), saved.Outputs);
    }

    /// <summary>Scores the models in all folders within one, and prints a line a model: its folder's name and what it writes, bit by bit.</summary>
    public static int Run(string folder)
    {
        foreach (string model in Directory.GetDirectories(folder))
        {
            var ml = new MLContext();
            ITransformer loaded = ml.Model.Load(Path.Combine(model, ModelFileName), out _);
            IDataView rows = ml.Data.LoadFromBinary(Path.Combine(model, RowsFileName));
            Console.WriteLine(Describe(Path.GetFileName(model), loaded.Transform(rows), File.ReadAllLines(Path.Combine(model, ColumnsFileName))));
        }

        return 0;
    }

    public static string Describe(string name, IDataView scored, IReadOnlyList<string> columns) =>
        $"{name}: {string.Join(' ', SavedModel.Read(scored, columns).Select(cell => $"{cell.Column}={cell.Text}{string.Join(',', cell.Numbers.Select(number => BitConverter.SingleToInt32Bits(number).ToString("x8", CultureInfo.InvariantCulture)))}"))}";
}
