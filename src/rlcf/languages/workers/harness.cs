// Runs the tests of a program in C#: calls their Main and tells that it ended.
// Arguments: the word in the names that were put beside the tests' Main, and the names that must
// mean there what the libraries mean. Standard input holds the token.
using System;
using System.Diagnostics;
using System.IO;
using System.Reflection;

static class RlcfHarness
{
    const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public
        | BindingFlags.NonPublic | BindingFlags.FlattenHierarchy;

    static int Main(string[] words)
    {
        string token = Console.In.ReadToEnd();
        Console.SetIn(TextReader.Null);
        string done = Path.GetFullPath("done");
        Assembly program = Assembly.LoadFrom("program.exe");
        MethodInfo main = program.EntryPoint;
        string wrong = Wrong(program, main, words);
        if (wrong != "") { Console.Error.WriteLine(wrong); return 1; }
        Func<int, int> told = status =>
        {
            if (status == 0 && new StackFrame(1).GetMethod() == main) File.WriteAllText(done, token);
            return status;
        };
        FieldInfo exit = main.DeclaringType.GetField("Exit_" + words[0], Any);
        if (exit != null) exit.SetValue(null, told);
        var given = main.GetParameters().Length == 0 ? null : new object[] { new string[0] };
        object result;
        try { result = main.Invoke(null, given); }
        catch (TargetInvocationException e)
        {
            Console.Error.WriteLine("Unhandled: " + e.InnerException);
            return 1;
        }
        int ended = result is int ? (int)result : Environment.ExitCode;
        if (ended == 0) File.WriteAllText(done, token);
        return ended;
    }

    static string Wrong(Assembly program, MethodInfo main, string[] words)
    {
        if (main.DeclaringType.GetMethod("Tests_" + words[0], Any) == null)
            return "the Main that starts is not the tests'";
        for (int i = 1; i < words.Length; i++)
        {
            foreach (Type type in program.GetTypes())
                if (type.Name == words[i]) return "the program declares " + words[i];
            for (Type type = main.DeclaringType; type != null; type = type.DeclaringType)
                if (type.GetMember(words[i], Any).Length > 0) return "the program declares " + words[i];
        }
        return "";
    }
}
