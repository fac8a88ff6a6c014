using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Quadratic programs, given and learned, as written before the document.</summary>
internal static class QuadraticProgramPositional
{
    public static void Read(PositionalReader reader)
    {
        ReadProgram(reader.Section("program"));
        ReadOutputs(reader.Section("output"));
        ReadSolving(reader.Section("solving"));
    }

    public static void ReadLearned(PositionalReader reader)
    {
        ReadProgram(reader.Section("program"));
        ReadOutputs(reader.Section("output"));
        reader.OptionalText("feature_column");
        if (reader.Count() is > 0 and var names)
        {
            reader.Document.Write("variable_names", reader.Texts(names));
        }

        ReadSolving(reader.Section("solving"));
        PositionalReader architecture = reader.Section("architecture");
        architecture.Int32("features");
        architecture.Int32("variables");
        architecture.Boolean("predicts_cost");
        architecture.Int32("right_hand_sides");
        architecture.Int32("hidden_width");
        architecture.Int32("inequalities");
        architecture.Int32("equalities");
        reader.State("network");
    }

    private static void ReadProgram(PositionalReader reader)
    {
        foreach (string name in QuadraticTemplate.Names)
        {
            if (reader.Byte() == 0)
            {
                continue;
            }

            string[] column = reader.Texts(1);
            if (column[0].Length > 0)
            {
                reader.Document.Write(name, column[0]);
                continue;
            }

            long[] shape = [.. reader.Int32s(reader.Byte()).Select(length => (long)length)];
            reader.Document.Write(name, reader.Doubles(shape.Aggregate(1L, (product, length) => checked(product * length))), shape);
        }
    }

    private static void ReadOutputs(PositionalReader reader)
    {
        var parts = new List<SolutionPart>();
        var columns = new List<string>();
        for (int count = reader.Byte(); count > 0; count--)
        {
            parts.Add(PositionalReader.ToEnum<SolutionPart>(reader.Byte()));
            columns.AddRange(reader.Texts(1));
        }

        reader.Document.Write("parts", parts.Select(part => part.ToString()));
        reader.Document.Write("columns", columns);
    }

    private static void ReadSolving(PositionalReader reader)
    {
        reader.Enum<UnsolvedRowHandling>("unsolved_rows");
        reader.Double("tolerance");
        reader.Int32("maximum_iterations");
    }
}
